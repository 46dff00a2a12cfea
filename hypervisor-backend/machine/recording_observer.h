// A MachineObserver for tests: keeps what it hears and lets a test wait for it.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_RECORDING_OBSERVER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_RECORDING_OBSERVER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::machine {

// Thread-safe. The waits give up after a limit that only a failing test reaches.
class RecordingObserver : public MachineObserver {
 public:
  static constexpr absl::Duration kLimit = absl::Seconds(60);

  void OnStateChanged(MachineState /*from*/, MachineState to) override {
    absl::MutexLock lock(&mutex_);
    states_.push_back(to);
  }
  void OnEnded(const EndReason& reason) override {
    absl::MutexLock lock(&mutex_);
    ended_ = reason;
    ++ends_;
  }
  void OnReset() override {
    absl::MutexLock lock(&mutex_);
    ++resets_;
  }
  void OnSerialOutput(uint32_t port, uint64_t offset, absl::string_view bytes) override {
    absl::MutexLock lock(&mutex_);
    Port& heard = ports_[port];
    if (offset != heard.end_offset) ++gaps_;
    heard.end_offset = offset + bytes.size();
    heard.bytes.append(bytes.data(), bytes.size());
  }

  // How the machine ended, nothing if it did not within the limit.
  std::optional<EndReason> WaitForEnd() {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(
                                +[](std::optional<EndReason>* ended) { return ended->has_value(); }, &ended_),
                            kLimit);
    return ended_;
  }
  // True when `text` was in the output of `port`, `times` times, within the limit.
  bool WaitForOutput(uint32_t port, const std::string& text, int times = 1) {
    absl::MutexLock lock(&mutex_);
    const auto printed = [this, port, &text, times]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      size_t place = 0;
      for (int found = 0; found < times; ++found, place += text.size()) {
        place = ports_[port].bytes.find(text, place);
        if (place == std::string::npos) return false;
      }
      return true;
    };
    return mutex_.AwaitWithTimeout(absl::Condition(&printed), kLimit);
  }
  bool WaitForResets(int count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return resets_ >= count; };
    return mutex_.AwaitWithTimeout(absl::Condition(&enough), kLimit);
  }
  bool WaitForState(MachineState state) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [this, state]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !states_.empty() && states_.back() == state;
    };
    return mutex_.AwaitWithTimeout(absl::Condition(&reached), kLimit);
  }

  std::vector<MachineState> states() const {
    absl::MutexLock lock(&mutex_);
    return states_;
  }
  std::string output(uint32_t port) {
    absl::MutexLock lock(&mutex_);
    return ports_[port].bytes;
  }
  int ends() const {
    absl::MutexLock lock(&mutex_);
    return ends_;
  }
  int gaps() const {  // places where output was lost
    absl::MutexLock lock(&mutex_);
    return gaps_;
  }

 private:
  struct Port {
    std::string bytes;
    uint64_t end_offset = 0;
  };
  mutable absl::Mutex mutex_;
  std::vector<MachineState> states_ ABSL_GUARDED_BY(mutex_);
  std::map<uint32_t, Port> ports_ ABSL_GUARDED_BY(mutex_);
  std::optional<EndReason> ended_ ABSL_GUARDED_BY(mutex_);
  int ends_ ABSL_GUARDED_BY(mutex_) = 0;
  int resets_ ABSL_GUARDED_BY(mutex_) = 0;
  int gaps_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cimvisor::machine

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_RECORDING_OBSERVER_H_
