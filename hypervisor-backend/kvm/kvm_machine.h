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
// machine, also on failure. `observer` must outlive the machine; it is called on the machine's device thread only, with
// no lock held, and hears everything before the destructor returns.
//
// A guest's reset, and a triple fault, are followed as a reset: memory cleared, all devices reset, the boot image
// loaded anew. More than 3 triple faults within a second end the machine.
//
// `confine` is called first on each of the machine's threads (kProcessor, kDevice). What they need afterwards, beside
// the futexes and memory calls of the C and C++ libraries:
//   kProcessor: ioctl on KVM's descriptors, tgkill to its own process (to stop the other vCPUs), rt_sigreturn.
//   kDevice: the same, and pread64, fallocate, fstat: it loads the machine anew when the guest resets it.
// An action (Start, Reset, …) on another thread needs what kDevice needs. vCPUs are taken out of the guest by the
// signal SIGRTMIN + 1, which must not be blocked on them.
//
// Errors: kInvalidArgument for a spec that cannot be (memory, processors, a kernel that is no kernel, …); kUnavailable
// when KVM refuses its service; kResourceExhausted when the host has no memory or threads for the machine.
absl::StatusOr<std::unique_ptr<machine::Machine>> MakeKvmMachine(machine::MachineSpec spec,
                                                                 machine::MachineObserver* observer,
                                                                 machine::ThreadConfinement confine);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_MACHINE_H_
