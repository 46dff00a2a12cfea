#include "hypervisor-backend/kvm/boot/zero_page.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/kvm/boot/layout.h"
#include "hypervisor-backend/kvm/boot/memory_map.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {
namespace {

// Fields of boot_params by offset (zero-page.rst; the setup header's from boot.rst).
constexpr size_t kAcpiRsdpAddress = 0x070;
constexpr size_t kMapEntries = 0x1e8;
constexpr size_t kSetupHeader = 0x1f1;
constexpr size_t kBootFlag = 0x1fe;
constexpr size_t kHeaderMagic = 0x202;
constexpr size_t kTypeOfLoader = 0x210;
constexpr size_t kLoadFlags = 0x211;
constexpr size_t kInitrdAddress = 0x218;
constexpr size_t kInitrdSize = 0x21c;
constexpr size_t kHeapEnd = 0x224;
constexpr size_t kCommandLinePointer = 0x228;
constexpr size_t kCommandLineSize = 0x238;
constexpr size_t kMap = 0x2d0;
constexpr size_t kMapEntryBytes = 20;
constexpr size_t kZeroPageBytes = 4096;

constexpr uint8_t kUnregisteredLoader = 0xff;
constexpr uint8_t kLoadedHigh = 0x01;
constexpr uint64_t kPageSize = 4096;

template <typename T>
void Set(std::array<uint8_t, kZeroPageBytes>* page, size_t offset, T value) {
  memcpy(page->data() + offset, &value, sizeof value);
}

}  // namespace

absl::Status WriteCommandLine(absl::string_view command_line, const GuestMemory& memory) {
  std::vector<uint8_t> bytes(command_line.begin(), command_line.end());
  bytes.push_back(0);
  return memory.Write(kCommandLineAddress, bytes, "the kernel's command line");
}

absl::StatusOr<GuestRange> LoadInitrd(const image::ByteSource* initrd, uint64_t kernel_end, uint64_t highest,
                                      const GuestMemory& memory) {
  if (initrd == nullptr) return GuestRange{};
  const uint64_t size = initrd->size();
  if (size == 0) return absl::InvalidArgumentError("the initrd is empty");
  const uint64_t end = std::min(memory.low_end(), highest + 1);
  const uint64_t lowest = std::max(kernel_end, kHighMemoryStart);
  const uint64_t address = size <= end ? (end - size) & ~(kPageSize - 1) : 0;
  if (address < lowest) {
    return absl::InvalidArgumentError(
        absl::StrCat("the initrd of ", size, " bytes is too large: between the kernel's end at ", lowest >> 20,
                     " MiB and ", end >> 20, " MiB is no room for it; give the machine more memory"));
  }
  ASSIGN_OR_RETURN(const absl::Span<uint8_t> target, memory.Range(address, size, "the initrd"));
  RETURN_IF_ERROR(initrd->ReadAt(0, target));
  return GuestRange{.address = address, .size = size};
}

absl::Status WriteZeroPage(absl::Span<const uint8_t> setup_header, size_t command_line_size, GuestRange initrd,
                           const GuestMemory& memory) {
  std::array<uint8_t, kZeroPageBytes> page = {};
  if (setup_header.empty()) {
    Set<uint16_t>(&page, kBootFlag, 0xaa55);
    memcpy(page.data() + kHeaderMagic, "HdrS", 4);
    page[kLoadFlags] = kLoadedHigh;
    Set<uint32_t>(&page, kCommandLineSize, static_cast<uint32_t>(command_line_size));
  } else {
    const size_t length = std::min(setup_header.size(), kMap - kSetupHeader);
    memcpy(page.data() + kSetupHeader, setup_header.data(), length);
  }
  page[kTypeOfLoader] = kUnregisteredLoader;
  Set<uint16_t>(&page, kHeapEnd, 0);
  Set<uint32_t>(&page, kCommandLinePointer, kCommandLineAddress);
  Set<uint32_t>(&page, kInitrdAddress, static_cast<uint32_t>(initrd.address));
  Set<uint32_t>(&page, kInitrdSize, static_cast<uint32_t>(initrd.size));
  Set<uint64_t>(&page, kAcpiRsdpAddress, kAcpiAddress);
  const std::vector<MemoryMapEntry> map = MakeMemoryMap(memory);
  page[kMapEntries] = static_cast<uint8_t>(map.size());
  for (size_t i = 0; i < map.size(); ++i) {
    const size_t offset = kMap + i * kMapEntryBytes;
    Set<uint64_t>(&page, offset, map[i].address);
    Set<uint64_t>(&page, offset + 8, map[i].size);
    Set<uint32_t>(&page, offset + 16, static_cast<uint32_t>(map[i].type));
  }
  return memory.Write(kZeroPageAddress, page, "the zero page");
}

}  // namespace cimvisor::kvm
