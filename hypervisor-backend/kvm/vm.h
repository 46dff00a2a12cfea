// The virtual machine as the kernel knows it: its memory slots, interrupt controllers and timer.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_VM_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_VM_H_

#include <linux/kvm.h>

#include <array>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hypervisor-backend/kvm/guest_memory.h"
#include "hypervisor-backend/machine/file_descriptor.h"

namespace cimvisor::kvm {

// Thread-safe: the kernel serialises.
class Vm {
 public:
  // Makes a machine with irqchip, PIT (channel 2 and port 0x61 too) and the slots of `memory`, which must outlive it.
  // `kvm_fd` is only used, not kept.
  static absl::StatusOr<std::unique_ptr<Vm>> Create(int kvm_fd, const GuestMemory& memory);

  int fd() const { return fd_.get(); }

  // Sets the level of an interrupt line of the PIC and the I/O APIC.
  void SetInterruptLine(uint32_t line, bool level) const;

  // Puts interrupt controllers and timer back into the state in which they were made.
  absl::Status Reset() const;

 private:
  explicit Vm(machine::FileDescriptor fd) : fd_(std::move(fd)) {}
  absl::Status KeepInitialState();

  const machine::FileDescriptor fd_;
  std::array<kvm_irqchip, 3> initial_chips_ = {};  // both PICs, the I/O APIC
  kvm_pit_state2 initial_pit_ = {};
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_VM_H_
