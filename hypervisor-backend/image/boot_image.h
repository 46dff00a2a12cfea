// Boot images: what kind of kernel a file is, and where its parts are. Everything in the file is hostile: whatever this
// returns has been checked against the file's size and against itself, so that a loader can rely on it.
//
// Read here: Linux bzImage (Documentation/arch/x86/boot.rst, protocol 2.12 and later with a 64-bit entry) and ELF64 for
// x86-64 (with a PVH note, type 18 of name "Xen", or with a 64-bit entry by the same Linux protocol).
#ifndef CIMVISOR_HYPERVISOR_BACKEND_IMAGE_BOOT_IMAGE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_IMAGE_BOOT_IMAGE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hypervisor-backend/image/byte_source.h"

namespace cimvisor::image {

enum class BootImageKind : uint8_t { kLinuxBzImage, kElf };
absl::string_view BootImageKindName(BootImageKind kind);  // "Linux bzImage", "ELF"

// A Linux bzImage.
struct BzImage {
  uint64_t kernel_offset = 0;       // of the protected-mode kernel in the file
  uint64_t kernel_size = 0;         // to the end of the file, never 0
  uint64_t load_address = 0;        // guest-physical, where the kernel prefers to be
  uint64_t memory_needed = 0;       // from load_address on, at least kernel_size
  uint64_t initrd_highest = 0;      // the highest address that an initrd may occupy
  uint32_t command_line_limit = 0;  // without the terminating zero
  uint64_t setup_header_end = 0;    // offset in the file after the header that goes into the zero page, at most 0x268
};

// A part of an ELF file that is loaded.
struct ElfSegment {
  uint64_t file_offset = 0;
  uint64_t file_size = 0;
  uint64_t address = 0;      // guest-physical
  uint64_t memory_size = 0;  // at least file_size; what lies past file_size is zero
};

struct ElfImage {
  std::vector<ElfSegment> segments;   // sorted by address, without overlap, none empty
  uint64_t entry = 0;                 // 64-bit, inside a segment unless pvh_entry is there
  std::optional<uint32_t> pvh_entry;  // 32-bit protected mode, inside a segment
};

struct BootImage {
  BootImageKind kind = BootImageKind::kElf;
  BzImage linux_image;  // kLinuxBzImage
  ElfImage elf;         // kElf
  // Carries the note "Cimvisor", type 1: written to run where the host's KVM can only run small guests.
  bool small_guest = false;
};

// Finds out what `source` is. kInvalidArgument in words for people ("the kernel is empty", "… is no kernel: …", "… is
// truncated: …") or the error of reading.
absl::StatusOr<BootImage> InspectBootImage(const ByteSource& source);

}  // namespace cimvisor::image

#endif  // CIMVISOR_HYPERVISOR_BACKEND_IMAGE_BOOT_IMAGE_H_
