#include "hypervisor-backend/kvm/boot/elf_loader.h"

#include <string.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/kvm/boot/flat_mode.h"
#include "hypervisor-backend/kvm/boot/layout.h"
#include "hypervisor-backend/kvm/boot/memory_map.h"
#include "hypervisor-backend/kvm/boot/zero_page.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {
namespace {

// PVH's structures, version 1 (start_info.h).
constexpr uint32_t kStartMagic = 0x336ec578;
struct StartInfo {
  uint32_t magic = kStartMagic;
  uint32_t version = 1;
  uint32_t flags = 0;
  uint32_t module_count = 0;
  uint64_t modules = 0;
  uint64_t command_line = 0;
  uint64_t rsdp = 0;
  uint64_t memory_map = 0;
  uint32_t memory_map_entries = 0;
  uint32_t reserved = 0;
};
static_assert(sizeof(StartInfo) == 56);
struct StartModule {
  uint64_t address = 0;
  uint64_t size = 0;
  uint64_t command_line = 0;
  uint64_t reserved = 0;
};
static_assert(sizeof(StartModule) == 32);
struct StartMapEntry {
  uint64_t address = 0;
  uint64_t size = 0;
  uint32_t type = 0;
  uint32_t reserved = 0;
};
static_assert(sizeof(StartMapEntry) == 24);

// A kernel of ours is linked where it runs; what it says about initrds is not in the file, so that one goes where every
// kernel since 2.6 can take it.
constexpr uint64_t kInitrdHighest = 0x7fffffff;

template <typename T>
void Append(std::vector<uint8_t>* bytes, const T& value) {
  const auto* begin = reinterpret_cast<const uint8_t*>(&value);
  bytes->insert(bytes->end(), begin, begin + sizeof value);
}

absl::Status WriteStartInfo(GuestRange initrd, const GuestMemory& memory) {
  const std::vector<MemoryMapEntry> map = MakeMemoryMap(memory);
  StartInfo info;
  info.command_line = kCommandLineAddress;
  info.rsdp = kAcpiAddress;
  info.modules = kStartInfoAddress + sizeof(StartInfo);
  info.module_count = initrd.size > 0 ? 1 : 0;
  info.memory_map = info.modules + sizeof(StartModule);
  info.memory_map_entries = static_cast<uint32_t>(map.size());
  std::vector<uint8_t> bytes;
  Append(&bytes, info);
  Append(&bytes, StartModule{.address = initrd.address, .size = initrd.size});
  for (const MemoryMapEntry& entry : map) {
    Append(&bytes,
           StartMapEntry{.address = entry.address, .size = entry.size, .type = static_cast<uint32_t>(entry.type)});
  }
  return memory.Write(kStartInfoAddress, bytes, "the start info");
}

absl::Status LoadSegments(const BootSource& source, const GuestMemory& memory) {
  for (const image::ElfSegment& segment : source.image.elf.segments) {
    // Below 1 MiB stand the loader's own tables.
    if (segment.address < kHighMemoryStart) {
      return absl::InvalidArgumentError(absl::StrCat("the kernel wants to be at address 0x", absl::Hex(segment.address),
                                                     "; a kernel must be linked at 1 MiB or above"));
    }
    ASSIGN_OR_RETURN(const absl::Span<uint8_t> place, memory.Range(segment.address, segment.memory_size, "the kernel"));
    RETURN_IF_ERROR(source.kernel->ReadAt(segment.file_offset, place.subspan(0, segment.file_size)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StartState> LoadElf(const BootSource& source, const GuestMemory& memory) {
  const image::ElfImage& elf = source.image.elf;
  RETURN_IF_ERROR(LoadSegments(source, memory));
  uint64_t kernel_end = 0;
  for (const image::ElfSegment& segment : elf.segments) {
    if (segment.address < memory.low_end()) kernel_end = segment.address + segment.memory_size;
  }
  ASSIGN_OR_RETURN(const GuestRange initrd, LoadInitrd(source.initrd.get(), kernel_end, kInitrdHighest, memory));
  RETURN_IF_ERROR(WriteCommandLine(source.command_line, memory));
  if (elf.pvh_entry.has_value()) {
    RETURN_IF_ERROR(WriteStartInfo(initrd, memory));
    ASSIGN_OR_RETURN(StartState start, PrepareFlatMode(memory, ProcessorMode::kProtected32));
    start.instruction_pointer = *elf.pvh_entry;
    start.rbx = kStartInfoAddress;
    return start;
  }
  RETURN_IF_ERROR(WriteZeroPage({}, source.command_line.size(), initrd, memory));
  ASSIGN_OR_RETURN(StartState start, PrepareFlatMode(memory, ProcessorMode::kLong64));
  start.instruction_pointer = elf.entry;
  start.rsi = kZeroPageAddress;
  return start;
}

}  // namespace cimvisor::kvm
