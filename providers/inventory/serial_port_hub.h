// One serial port as its listeners see it: a ring of what the guest wrote, and one writer's place.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_SERIAL_PORT_HUB_H_
#define CIMVISOR_PROVIDERS_INVENTORY_SERIAL_PORT_HUB_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "providers/inventory/serial_console.h"

namespace cimvisor::inventory {

// The port's whole stream is numbered by bytes from the first run on; the ring holds the last kSerialBufferBytes of it,
// allocated as it fills. A reader has a place in the stream and pulls, so nothing is queued for it. Thread-safe.
// Held by shared_ptr: an attachment keeps its port alive.
class SerialPortHub : public std::enable_shared_from_this<SerialPortHub> {
 public:
  // Types into the running machine; its error when there is none.
  using Writer = std::function<absl::StatusOr<size_t>(absl::string_view bytes)>;
  explicit SerialPortHub(Writer writer) : writer_(std::move(writer)) {}

  // A new run of the machine begins: its stream starts at 0 again.
  void BeginRun();
  // Bytes from `offset` of the run's stream on. What is known already is dropped; what is missing counts as lost.
  void Output(uint64_t offset, absl::string_view bytes);
  // A run that began earlier is adopted: what it writes from now on waits, until its history is given to Replay.
  void Hold();
  // The history, from `offset` of the run's stream on; then what waited. Without Hold the same as Output.
  void Replay(uint64_t offset, absl::string_view history);
  // Nothing will follow: every reader sees the end with this reason.
  void End(std::string reason);

  // kInUse when the writer's place is taken.
  absl::StatusOr<std::unique_ptr<SerialAttachment>> Attach(SerialAttachOptions options);

 private:
  class Attachment;
  struct Piece {
    uint64_t offset = 0;
    std::string bytes;
  };
  void Append(uint64_t offset, absl::string_view bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Notify() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Writer writer_;
  mutable absl::Mutex mutex_;
  std::string ring_ ABSL_GUARDED_BY(mutex_);        // the last bytes, from begin_ to end_
  uint64_t end_ ABSL_GUARDED_BY(mutex_) = 0;        // of the whole stream
  uint64_t run_begin_ ABSL_GUARDED_BY(mutex_) = 0;  // where the current run's stream begins in the whole
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Piece> held_ ABSL_GUARDED_BY(mutex_);
  size_t held_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::string end_reason_ ABSL_GUARDED_BY(mutex_);
  Attachment* writing_ ABSL_GUARDED_BY(mutex_) = nullptr;
  absl::flat_hash_set<Attachment*> attachments_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_SERIAL_PORT_HUB_H_
