#include "hypervisor-backend/kvm/boot/boot_program.h"

#include <algorithm>
#include <vector>

#include "hypervisor-backend/kvm/boot/layout.h"
#include "hypervisor-backend/machine/status_macros.h"

// boot_program_code.S
extern "C" const uint8_t cimvisor_boot_program_start[];
extern "C" const uint8_t cimvisor_boot_program_end[];

namespace cimvisor::kvm {

absl::StatusOr<StartState> LoadBootProgram(absl::string_view text, const GuestMemory& memory) {
  const size_t code_size = static_cast<size_t>(cimvisor_boot_program_end - cimvisor_boot_program_start);
  RETURN_IF_ERROR(memory.Write(kBootProgramAddress, absl::MakeConstSpan(cimvisor_boot_program_start, code_size),
                               "the boot program"));
  text = text.substr(0, kBootTextLimit - 1);
  std::vector<uint8_t> bytes(text.begin(), text.end());
  bytes.push_back(0);
  RETURN_IF_ERROR(memory.Write(kBootTextAddress, bytes, "the boot program's text"));
  StartState start;
  start.mode = ProcessorMode::kReal16;
  start.instruction_pointer = kBootProgramAddress;
  return start;
}

}  // namespace cimvisor::kvm
