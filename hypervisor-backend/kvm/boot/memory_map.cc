#include "hypervisor-backend/kvm/boot/memory_map.h"

#include "hypervisor-backend/kvm/boot/layout.h"

namespace cimvisor::kvm {

std::vector<MemoryMapEntry> MakeMemoryMap(const GuestMemory& memory) {
  std::vector<MemoryMapEntry> map = {
      {.address = 0, .size = kLowMemoryEnd, .type = MemoryType::kUsable},
      {.address = kLowMemoryEnd, .size = 0xa0000 - kLowMemoryEnd, .type = MemoryType::kReserved},
      {.address = kAcpiAddress, .size = kHighMemoryStart - kAcpiAddress, .type = MemoryType::kReserved},
      {.address = kHighMemoryStart, .size = memory.low_end() - kHighMemoryStart, .type = MemoryType::kUsable},
  };
  for (const MemoryRegion& region : memory.regions()) {
    if (region.guest_address == 0) continue;
    map.push_back({.address = region.guest_address, .size = region.size, .type = MemoryType::kUsable});
  }
  return map;
}

}  // namespace cimvisor::kvm
