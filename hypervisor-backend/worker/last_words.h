// Memory that a worker shares with its small parent alone: the machine's state, and how the worker says that it ends.
// The parent writes both into the process record when the worker is gone.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_LAST_WORDS_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_LAST_WORDS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "cimvisor/worker/v1/worker.pb.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::worker {

// The worker writes, the parent reads after the worker's end. Made before the fork.
class LastWords {
 public:
  static absl::StatusOr<std::unique_ptr<LastWords>> Make();
  ~LastWords();
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

  void SetState(machine::MachineState state);  // any thread
  // The last of several calls counts. One caller at a time.
  void Say(const v1::ProcessRecord::Ended& words);

  // What was said, with the last state. Checked: whatever a broken worker left here, the record is well formed.
  v1::ProcessRecord::Ended Read() const;

 private:
  static constexpr size_t kBytes = 32 * 1024;
  struct Page {
    std::atomic<uint32_t> state;
    std::atomic<uint32_t> length;  // of `words`, 0: nothing was said
    char words[kBytes];
  };
  explicit LastWords(Page* page) : page_(page) {}
  Page* const page_;
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_LAST_WORDS_H_
