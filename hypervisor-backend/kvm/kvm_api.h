// The ioctls of KVM, with errors in words.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_API_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_API_H_

#include <linux/kvm.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cimvisor::kvm {

// Arguments that end in a flexible array: the kernel's header gives them another size in C++, where an empty struct has
// one, and with it the ioctl another number. Here they are as the kernel means them.
//
// A count, four bytes of padding and that many entries.
struct KvmList {
  uint32_t count;
  uint32_t padding;
};
inline constexpr unsigned long kKvmGetSupportedCpuid = _IOWR(KVMIO, 0x05, KvmList);
inline constexpr unsigned long kKvmSetCpuid2 = _IOW(KVMIO, 0x90, KvmList);
inline constexpr unsigned long kKvmGetMsrs = _IOWR(KVMIO, 0x88, KvmList);
inline constexpr unsigned long kKvmSetMsrs = _IOW(KVMIO, 0x89, KvmList);
// The extended state, of one page.
struct KvmXsave {
  uint32_t region[1024];
};
inline constexpr unsigned long kKvmGetXsave = _IOR(KVMIO, 0xa4, KvmXsave);
inline constexpr unsigned long kKvmSetXsave = _IOW(KVMIO, 0xa5, KvmXsave);

// Calls ioctl(fd, request, argument), again when a signal interrupts it. `name` ("KVM_CREATE_VM") stands in the error:
// kResourceExhausted for ENOMEM and the like, kPermissionDenied for EPERM and EACCES, else kUnavailable.
absl::StatusOr<int> KvmIoctl(int fd, unsigned long request, const void* argument, absl::string_view name);
absl::StatusOr<int> KvmIoctl(int fd, unsigned long request, unsigned long argument, absl::string_view name);

// The same where only success counts.
absl::Status KvmCall(int fd, unsigned long request, const void* argument, absl::string_view name);
absl::Status KvmCall(int fd, unsigned long request, unsigned long argument, absl::string_view name);

// KVM_CHECK_EXTENSION: 0 when the capability is absent or cannot be asked.
int KvmCapability(int fd, int capability);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_API_H_
