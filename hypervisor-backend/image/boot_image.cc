#include "hypervisor-backend/image/boot_image.h"

#include <string.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/image/elf_image.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::image {
namespace {

// Linux's setup header (Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"), by offset in the file.
constexpr size_t kSetupSectors = 0x1f1;
constexpr size_t kHeaderLength = 0x201;  // the second byte of the jump: where the header ends, after 0x202
constexpr size_t kHeaderMagic = 0x202;
constexpr size_t kVersion = 0x206;
constexpr size_t kLoadFlags = 0x211;
constexpr size_t kInitrdAddressMax = 0x22c;
constexpr size_t kExtendedLoadFlags = 0x236;
constexpr size_t kCommandLineSize = 0x238;
constexpr size_t kPayloadOffset = 0x248;
constexpr size_t kPayloadLength = 0x24c;
constexpr size_t kPreferredAddress = 0x258;
constexpr size_t kInitSize = 0x260;
constexpr size_t kHeaderBytes = 0x268;

constexpr uint8_t kLoadedHigh = 0x01;
constexpr uint16_t kHas64BitEntry = 0x01;  // XLF_KERNEL_64
constexpr uint16_t kOldestVersion = 0x020c;
constexpr uint32_t kMostSetupSectors = 64;
constexpr uint64_t kSectorBytes = 512;
constexpr uint64_t kEntryOffset64 = 0x200;
constexpr uint64_t kLowestLoadAddress = 0x100000;
constexpr uint64_t kHighestLoadAddress = 1ull << 32;

using Header = std::array<uint8_t, kHeaderBytes>;

template <typename T>
T Field(const Header& header, size_t offset) {
  T value;
  memcpy(&value, header.data() + offset, sizeof value);
  return value;
}

absl::Status Unbootable(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the kernel is a Linux image that cannot be booted: ", why));
}

absl::Status CheckPayload(const Header& header, const BzImage& linux_image) {
  const uint64_t offset = Field<uint32_t>(header, kPayloadOffset);
  const uint64_t length = Field<uint32_t>(header, kPayloadLength);
  if (offset > linux_image.kernel_size || length > linux_image.kernel_size - offset) {
    return absl::InvalidArgumentError(absl::StrCat("the kernel is truncated: its compressed part has ", length,
                                                   " bytes at ", offset, ", but only ", linux_image.kernel_size,
                                                   " bytes follow the setup code"));
  }
  return absl::OkStatus();
}

absl::Status CheckHeader(const Header& header) {
  const uint16_t version = Field<uint16_t>(header, kVersion);
  if (version < kOldestVersion) {
    return Unbootable(absl::StrCat("it speaks boot protocol ", version >> 8, ".", version & 0xff,
                                   "; 2.12 (Linux 3.8) or later is needed"));
  }
  if ((Field<uint16_t>(header, kExtendedLoadFlags) & kHas64BitEntry) == 0) {
    return Unbootable("it has no 64-bit entry (a 32-bit kernel?)");
  }
  if ((Field<uint8_t>(header, kLoadFlags) & kLoadedHigh) == 0) return Unbootable("it is a zImage, not a bzImage");
  return absl::OkStatus();
}

absl::StatusOr<BootImage> InspectBzImage(const ByteSource& source, const Header& header) {
  RETURN_IF_ERROR(CheckHeader(header));
  uint32_t setup_sectors = Field<uint8_t>(header, kSetupSectors);
  if (setup_sectors == 0) setup_sectors = 4;  // as the protocol says, for old kernels
  if (setup_sectors > kMostSetupSectors) {
    return Unbootable(absl::StrCat("it claims ", setup_sectors, " sectors of setup code"));
  }
  BootImage image;
  image.kind = BootImageKind::kLinuxBzImage;
  BzImage& linux_image = image.linux_image;
  linux_image.kernel_offset = (setup_sectors + 1) * kSectorBytes;
  if (source.size() <= linux_image.kernel_offset + kEntryOffset64) {
    return absl::InvalidArgumentError("the kernel is truncated: nothing follows the setup code");
  }
  linux_image.kernel_size = source.size() - linux_image.kernel_offset;
  RETURN_IF_ERROR(CheckPayload(header, linux_image));
  linux_image.load_address = Field<uint64_t>(header, kPreferredAddress);
  if (linux_image.load_address < kLowestLoadAddress || linux_image.load_address >= kHighestLoadAddress) {
    return Unbootable(absl::StrCat("it wants to be at address 0x", absl::Hex(linux_image.load_address)));
  }
  linux_image.memory_needed = std::max<uint64_t>(Field<uint32_t>(header, kInitSize), linux_image.kernel_size);
  linux_image.initrd_highest = Field<uint32_t>(header, kInitrdAddressMax);
  linux_image.command_line_limit = Field<uint32_t>(header, kCommandLineSize);
  linux_image.setup_header_end = std::min<uint64_t>(kHeaderMagic + Field<uint8_t>(header, kHeaderLength), kHeaderBytes);
  if (linux_image.setup_header_end < kInitSize + sizeof(uint32_t)) return Unbootable("its setup header is too short");
  return image;
}

}  // namespace

absl::string_view BootImageKindName(BootImageKind kind) {
  return kind == BootImageKind::kLinuxBzImage ? "Linux bzImage" : "ELF";
}

absl::StatusOr<BootImage> InspectBootImage(const ByteSource& source) {
  if (source.size() == 0) return absl::InvalidArgumentError("the kernel is empty");
  std::array<uint8_t, 4> magic = {};
  if (source.size() >= magic.size()) RETURN_IF_ERROR(source.ReadAt(0, absl::MakeSpan(magic)));
  if (memcmp(magic.data(), "\177ELF", magic.size()) == 0) return InspectElf(source);
  Header header = {};
  const size_t present = std::min<uint64_t>(source.size(), header.size());
  RETURN_IF_ERROR(source.ReadAt(0, absl::MakeSpan(header).subspan(0, present)));
  if (memcmp(header.data() + kHeaderMagic, "HdrS", 4) != 0) {
    return absl::InvalidArgumentError(
        "the file is no kernel: neither a Linux bzImage nor an ELF file (give the vmlinuz of a distribution, or a "
        "vmlinux)");
  }
  if (present < header.size())
    return absl::InvalidArgumentError("the kernel is truncated: its setup header is incomplete");
  return InspectBzImage(source, header);
}

}  // namespace cimvisor::image
