// Loads a Linux bzImage by the 64-bit boot protocol (Documentation/arch/x86/boot.rst).
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_LINUX_LOADER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_LINUX_LOADER_H_

#include "hypervisor-backend/kvm/boot/boot_loader.h"

namespace cimvisor::kvm {

// As LoadBootSource, for a kernel of kind kLinuxBzImage, without the machine's tables.
absl::StatusOr<StartState> LoadBzImage(const BootSource& source, const GuestMemory& memory);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_LINUX_LOADER_H_
