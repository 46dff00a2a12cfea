// Puts what a machine boots into its memory.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_BOOT_LOADER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_BOOT_LOADER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "hypervisor-backend/image/boot_image.h"
#include "hypervisor-backend/kvm/guest_memory.h"
#include "hypervisor-backend/kvm/start_state.h"

namespace cimvisor::kvm {

// What to boot, inspected.
struct BootSource {
  std::unique_ptr<image::ByteSource> kernel;  // null: the built-in boot program
  std::unique_ptr<image::ByteSource> initrd;  // null: none
  image::BootImage image;                     // of the kernel
  std::string command_line;
  std::string boot_order_text;
};

// Checks that the command line is one and that an initrd has a kernel. kInvalidArgument.
absl::Status CheckBootSource(const BootSource& source);

// Loads `source` and the tables that describe the machine. The memory holds zeros. kInvalidArgument or kOutOfRange, in
// words for people, when it does not fit; the reading errors of the files.
absl::StatusOr<StartState> LoadBootSource(const BootSource& source, uint32_t processors, const GuestMemory& memory);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_BOOT_LOADER_H_
