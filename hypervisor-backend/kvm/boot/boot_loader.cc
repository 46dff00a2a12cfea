#include "hypervisor-backend/kvm/boot/boot_loader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/kvm/boot/acpi_tables.h"
#include "hypervisor-backend/kvm/boot/boot_program.h"
#include "hypervisor-backend/kvm/boot/elf_loader.h"
#include "hypervisor-backend/kvm/boot/layout.h"
#include "hypervisor-backend/kvm/boot/linux_loader.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {

absl::Status CheckBootSource(const BootSource& source) {
  if (source.initrd != nullptr && source.kernel == nullptr) {
    return absl::InvalidArgumentError("an initrd needs a kernel; the machine has none");
  }
  if (source.command_line.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("the kernel's command line contains a zero byte");
  }
  uint64_t limit = kCommandLineLimit - 1;
  if (source.kernel != nullptr && source.image.kind == image::BootImageKind::kLinuxBzImage) {
    limit = std::min<uint64_t>(limit, source.image.linux_image.command_line_limit);
  }
  if (source.command_line.size() > limit) {
    return absl::InvalidArgumentError(absl::StrCat("the kernel's command line has ", source.command_line.size(),
                                                   " bytes; this kernel takes at most ", limit));
  }
  return absl::OkStatus();
}

absl::StatusOr<StartState> LoadBootSource(const BootSource& source, uint32_t processors, const GuestMemory& memory) {
  RETURN_IF_ERROR(CheckBootSource(source));
  RETURN_IF_ERROR(WriteAcpiTables(processors, memory));
  if (source.kernel == nullptr) return LoadBootProgram(source.boot_order_text, memory);
  if (source.image.kind == image::BootImageKind::kLinuxBzImage) return LoadBzImage(source, memory);
  return LoadElf(source, memory);
}

}  // namespace cimvisor::kvm
