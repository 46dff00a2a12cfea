// The ioctls of KVM, with errors in words.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_API_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_API_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cimvisor::kvm {

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
