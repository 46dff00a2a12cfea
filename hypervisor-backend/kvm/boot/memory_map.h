// The map of the guest's memory, as BIOS and its successors tell it.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_MEMORY_MAP_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_MEMORY_MAP_H_

#include <cstdint>
#include <vector>

#include "hypervisor-backend/kvm/guest_memory.h"

namespace cimvisor::kvm {

// Types of ACPI 6.4, §15 (table 15-374), which Linux's e820 and PVH's memory map share.
enum class MemoryType : uint32_t { kUsable = 1, kReserved = 2 };

struct MemoryMapEntry {
  uint64_t address;
  uint64_t size;
  MemoryType type;
};

std::vector<MemoryMapEntry> MakeMemoryMap(const GuestMemory& memory);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_MEMORY_MAP_H_
