#include "hypervisor-backend/kvm/kvm_api.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace cimvisor::kvm {
namespace {

absl::Status IoctlError(int error, absl::string_view name) {
  const std::string text = absl::StrCat("KVM refused ", name, ": ", strerror(error), " (errno ", error, ")");
  switch (error) {
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOSPC:
      return absl::ResourceExhaustedError(text);
    case EPERM:
    case EACCES:
      return absl::PermissionDeniedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

}  // namespace

absl::StatusOr<int> KvmIoctl(int fd, unsigned long request, unsigned long argument, absl::string_view name) {
  int result;
  do {
    result = ::ioctl(fd, request, argument);
  } while (result < 0 && errno == EINTR);
  if (result < 0) return IoctlError(errno, name);
  return result;
}

absl::StatusOr<int> KvmIoctl(int fd, unsigned long request, const void* argument, absl::string_view name) {
  return KvmIoctl(fd, request, reinterpret_cast<unsigned long>(argument), name);
}

absl::Status KvmCall(int fd, unsigned long request, const void* argument, absl::string_view name) {
  return KvmIoctl(fd, request, argument, name).status();
}

absl::Status KvmCall(int fd, unsigned long request, unsigned long argument, absl::string_view name) {
  return KvmIoctl(fd, request, argument, name).status();
}

int KvmCapability(int fd, int capability) {
  const int result = ::ioctl(fd, KVM_CHECK_EXTENSION, static_cast<unsigned long>(capability));
  return result < 0 ? 0 : result;
}

}  // namespace cimvisor::kvm
