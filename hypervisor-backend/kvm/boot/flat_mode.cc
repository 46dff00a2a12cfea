#include "hypervisor-backend/kvm/boot/flat_mode.h"

#include <array>
#include <vector>

#include "hypervisor-backend/kvm/boot/layout.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {
namespace {

// Segment descriptors (Intel SDM vol. 3, §3.4.5): base 0, limit 4 GiB, present, ring 0.
constexpr uint64_t kCode32 = 0x00cf9b000000ffff;
constexpr uint64_t kCode64 = 0x00af9b000000ffff;
constexpr uint64_t kData = 0x00cf93000000ffff;
constexpr uint64_t kTask = 0x00008b0000000067;

constexpr uint64_t kPagePresentWritable = 0x3;
constexpr uint64_t kPageLarge = 0x80;
constexpr uint64_t kPageSize = 4096;
constexpr uint64_t kLargePageSize = 2ull << 20;
constexpr size_t kTableEntries = 512;
constexpr size_t kMappedGibibytes = 4;

template <typename Container>
absl::Status WriteTable(const GuestMemory& memory, uint64_t address, const Container& entries) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(entries.data());
  return memory.Write(address, absl::MakeConstSpan(bytes, entries.size() * sizeof(uint64_t)), "a boot table");
}

absl::Status WritePageTables(const GuestMemory& memory) {
  const uint64_t directory_pointers = kPageTableAddress + kPageSize;
  const uint64_t directories = directory_pointers + kPageSize;
  std::vector<uint64_t> tables(kTableEntries * (2 + kMappedGibibytes), 0);
  tables[0] = directory_pointers | kPagePresentWritable;
  for (size_t i = 0; i < kMappedGibibytes; ++i) {
    tables[kTableEntries + i] = (directories + i * kPageSize) | kPagePresentWritable;
  }
  for (size_t i = 0; i < kMappedGibibytes * kTableEntries; ++i) {
    tables[2 * kTableEntries + i] = i * kLargePageSize | kPagePresentWritable | kPageLarge;
  }
  return WriteTable(memory, kPageTableAddress, tables);
}

}  // namespace

absl::StatusOr<StartState> PrepareFlatMode(const GuestMemory& memory, ProcessorMode mode) {
  StartState start;
  start.mode = mode;
  std::array<uint64_t, 6> gdt = {};
  gdt[kCodeSelector / 8] = mode == ProcessorMode::kLong64 ? kCode64 : kCode32;
  gdt[kDataSelector / 8] = kData;
  gdt[kTaskSelector / 8] = kTask;  // in long mode with the zeros of the entry after it
  RETURN_IF_ERROR(WriteTable(memory, kGdtAddress, gdt));
  start.gdt_address = kGdtAddress;
  start.gdt_entries = gdt.size();
  if (mode == ProcessorMode::kLong64) {
    RETURN_IF_ERROR(WritePageTables(memory));
    start.page_table = kPageTableAddress;
  }
  return start;
}

}  // namespace cimvisor::kvm
