// What a guest writes to a serial port, on its way to whoever listens.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_SERIAL_OUTPUT_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_SERIAL_OUTPUT_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/machine/serial_history.h"

namespace cimvisor::kvm {

// The UART appends on a vCPU's thread; the device thread takes. Between them stands the port's history of 64 KiB: as
// long as that much waits, HasRoom is false and the UART shows its transmitter as busy, which slows the guest down; a
// guest that writes all the same loses the oldest bytes that wait. Thread-safe.
class SerialOutput {
 public:
  // `wake` is called when there is something to take after there was nothing. Without a listener (`delivered` false)
  // the history is kept and there is never anything to take.
  SerialOutput(bool delivered, std::function<void()> wake) : delivered_(delivered), wake_(std::move(wake)) {}

  void Append(uint8_t byte);
  bool HasRoom() const;

  // What waits, at most `limit` bytes. Empty: nothing.
  struct Chunk {
    uint64_t offset = 0;  // of the first byte in the whole stream
    std::string bytes;
  };
  Chunk Take(size_t limit);
  bool HasOutput() const;

  machine::Machine::SerialHistory History() const;

 private:
  const bool delivered_;
  const std::function<void()> wake_;
  mutable absl::Mutex mutex_;
  machine::SerialRing ring_ ABSL_GUARDED_BY(mutex_);
  uint64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;  // stream offset after what was taken
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_SERIAL_OUTPUT_H_
