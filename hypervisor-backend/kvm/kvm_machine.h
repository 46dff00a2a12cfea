// The embedded virtual machine monitor: a machine::Machine over /dev/kvm.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_MACHINE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_MACHINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "hypervisor-backend/machine/machine.h"
#include "hypervisor-backend/machine/thread_confinement.h"

namespace cimvisor::kvm {

// Makes a machine, in state kOff: its memory is mapped, its vCPUs and all its threads are made and wait; Start boots
// it. A machine that has ended can be started again. The descriptors of `spec` are taken over and closed with the
// machine, also on failure. `observer` must outlive the machine; it is called on the machine's own device thread and on
// the thread that calls an action, never on a vCPU's.
//
// `confine` is called first on each of the machine's threads (kProcessor, kDevice). What they need afterwards:
//   kProcessor: ioctl (on the vCPU, and KVM_IRQ_LINE), futex, and what malloc needs. It is woken by the signal SIGRTMIN
//   + 1, which the machine handles (rt_sigreturn). kDevice: the same, and pread64, fallocate, tgkill, clock_gettime: it
//   reloads the machine when the guest resets it.
// An action (Start, Reset, …) on another thread needs what kDevice needs.
//
// Errors: kInvalidArgument for a spec that cannot be (memory, processors, a kernel that is no kernel, …); kUnavailable
// when KVM refuses its service; kResourceExhausted when the host has no memory for the machine.
absl::StatusOr<std::unique_ptr<machine::Machine>> MakeKvmMachine(machine::MachineSpec spec,
                                                                 machine::MachineObserver* observer,
                                                                 machine::ThreadConfinement confine);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_MACHINE_H_
