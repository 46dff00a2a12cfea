// Probe guests: what this host's /dev/kvm can really do. A /dev/kvm can open, create machines and run small guests, and
// still fail to emulate instructions that an ordinary kernel needs.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_PROBE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_PROBE_H_

#include "absl/time/time.h"
#include "hypervisor-backend/machine/hypervisor.h"
#include "hypervisor-backend/machine/qualification.h"

namespace cimvisor::kvm {

// Runs one probe guest on the calling thread, as a tiny machine of its own that is gone afterwards. Never fails: what
// went wrong is the result's detail. Stops by itself at `deadline` where the kernel lets it; since a broken KVM may
// hang inside the kernel, a caller runs it in a process that it can kill. `kvm_fd` is not closed.
machine::ProbeResult RunProbe(machine::ProbeKind kind, int kvm_fd, absl::Time deadline);

// KVM_CAP_MAX_VCPUS of the host, 0 when it cannot be asked.
uint32_t MaximumProcessors(int kvm_fd);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_PROBE_H_
