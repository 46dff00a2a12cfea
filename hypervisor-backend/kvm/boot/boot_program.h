// The built-in boot program, for a machine that has nothing to boot: it prints a text through COM1, as a BIOS prints on
// the screen, and halts.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_BOOT_PROGRAM_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_BOOT_PROGRAM_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hypervisor-backend/kvm/guest_memory.h"
#include "hypervisor-backend/kvm/start_state.h"

namespace cimvisor::kvm {

// `text` is printed up to its first zero byte, and cut at 28 KiB.
absl::StatusOr<StartState> LoadBootProgram(absl::string_view text, const GuestMemory& memory);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_BOOT_PROGRAM_H_
