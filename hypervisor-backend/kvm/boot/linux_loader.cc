#include "hypervisor-backend/kvm/boot/linux_loader.h"

#include <vector>

#include "hypervisor-backend/kvm/boot/flat_mode.h"
#include "hypervisor-backend/kvm/boot/layout.h"
#include "hypervisor-backend/kvm/boot/zero_page.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {
namespace {

constexpr uint64_t kSetupHeader = 0x1f1;
constexpr uint64_t kEntryOffset64 = 0x200;

}  // namespace

absl::StatusOr<StartState> LoadBzImage(const BootSource& source, const GuestMemory& memory) {
  const image::BzImage& kernel = source.image.linux_image;
  // The kernel unpacks itself in place: all that it will need must be there, not only the file's bytes.
  ASSIGN_OR_RETURN(const absl::Span<uint8_t> place,
                   memory.Range(kernel.load_address, kernel.memory_needed, "the kernel"));
  RETURN_IF_ERROR(source.kernel->ReadAt(kernel.kernel_offset, place.subspan(0, kernel.kernel_size)));
  ASSIGN_OR_RETURN(const GuestRange initrd, LoadInitrd(source.initrd.get(), kernel.load_address + kernel.memory_needed,
                                                       kernel.initrd_highest, memory));
  std::vector<uint8_t> setup_header(kernel.setup_header_end - kSetupHeader);
  RETURN_IF_ERROR(source.kernel->ReadAt(kSetupHeader, absl::MakeSpan(setup_header)));
  RETURN_IF_ERROR(WriteCommandLine(source.command_line, memory));
  RETURN_IF_ERROR(WriteZeroPage(setup_header, source.command_line.size(), initrd, memory));
  ASSIGN_OR_RETURN(StartState start, PrepareFlatMode(memory, ProcessorMode::kLong64));
  start.instruction_pointer = kernel.load_address + kEntryOffset64;
  start.rsi = kZeroPageAddress;
  return start;
}

}  // namespace cimvisor::kvm
