// The embedded virtual machine monitor: a machine::Machine over /dev/kvm.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_MACHINE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_MACHINE_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::kvm {

// What a thread of the machine is for; each kind has a seccomp filter of its own.
enum class ThreadKind : uint8_t {
  kVcpu,     // runs the guest and its port and MMIO exits; after its start: ioctl, futex, and memory calls of malloc
  kDevice,   // delivers the devices' output to the observer
  kControl,  // follows guest-initiated resets and ends, publishes the counters
};

// Called first on each thread that the machine makes, before it touches the guest. May be empty.
struct ThreadHooks {
  std::function<void(ThreadKind)> on_thread_start;
};

// Makes a machine, in state kOff with nothing of it running: Start boots it. The descriptors of `spec` are taken over
// and closed with the machine, also on failure. `observer` must outlive the machine; it is called on the machine's own
// device and control threads and on the thread that calls an action, never on a vCPU's.
// The signal SIGRTMIN + 1 is the machine's own: it takes a vCPU out of the guest.
// Errors: kInvalidArgument for a spec that cannot be (memory, processors, a kernel that is no kernel, …);
// kUnavailable when /dev/kvm does not work; kResourceExhausted when the host has no memory for it.
absl::StatusOr<std::unique_ptr<machine::Machine>> MakeKvmMachine(machine::MachineSpec spec,
                                                                 machine::MachineObserver* observer,
                                                                 ThreadHooks hooks = {});

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_MACHINE_H_
