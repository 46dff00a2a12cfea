// The descriptor and page tables that a 32-bit or 64-bit guest begins with.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_FLAT_MODE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_FLAT_MODE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hypervisor-backend/kvm/guest_memory.h"
#include "hypervisor-backend/kvm/start_state.h"

namespace cimvisor::kvm {

// Writes the GDT for `mode` and, for 64 bits, page tables that map the first 4 GiB onto themselves in 2 MiB pages. The
// result lacks only the entry and its registers.
absl::StatusOr<StartState> PrepareFlatMode(const GuestMemory& memory, ProcessorMode mode);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_FLAT_MODE_H_
