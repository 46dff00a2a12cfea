// Loads an ELF kernel: by PVH where it has the note (Xen's docs/misc/pvh.pandoc, xen/include/public/arch-x86/hvm/
// start_info.h), else at its 64-bit entry by Linux's boot protocol.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_ELF_LOADER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_ELF_LOADER_H_

#include "hypervisor-backend/kvm/boot/boot_loader.h"

namespace cimvisor::kvm {

// As LoadBootSource, for a kernel of kind kElf, without the machine's tables.
absl::StatusOr<StartState> LoadElf(const BootSource& source, const GuestMemory& memory);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_ELF_LOADER_H_
