// Linux's 64-bit boot protocol, as far as it is the same for a bzImage and a bare vmlinux: command line, initrd and the
// zero page (Documentation/arch/x86/boot.rst, zero-page.rst).
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_ZERO_PAGE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_ZERO_PAGE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "hypervisor-backend/image/byte_source.h"
#include "hypervisor-backend/kvm/guest_memory.h"

namespace cimvisor::kvm {

// A part of the guest's memory; empty when size is 0.
struct GuestRange {
  uint64_t address = 0;
  uint64_t size = 0;
};

// Writes the command line to its place, with its terminating zero.
absl::Status WriteCommandLine(absl::string_view command_line, const GuestMemory& memory);

// Puts the initrd as high as possible below the memory hole, at a page, ending at most at `highest`, after
// `kernel_end`. Without one the range is empty. kInvalidArgument when there is no room for it.
absl::StatusOr<GuestRange> LoadInitrd(const image::ByteSource* initrd, uint64_t kernel_end, uint64_t highest,
                                      const GuestMemory& memory);

// Writes the zero page. `setup_header` are the kernel's own bytes from 0x1f1 on; empty for a kernel that has none.
absl::Status WriteZeroPage(absl::Span<const uint8_t> setup_header, size_t command_line_size, GuestRange initrd,
                           const GuestMemory& memory);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_ZERO_PAGE_H_
