#include "service/security/open_beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"

namespace cimvisor::security {
namespace {

absl::Status OpenError(int error) {
  switch (error) {
    case ENOENT:
      return absl::NotFoundError("there is no such file on the server: check the name, or upload it");
    case ELOOP:
      return absl::PermissionDeniedError("a symbolic link is on the way: name the file itself");
    case EXDEV:
      return absl::PermissionDeniedError("it leads outside its root");
    case ENOTDIR:
      return absl::InvalidArgumentError("a part of it that should be a folder is none");
    case EISDIR:
      return absl::InvalidArgumentError("it is a folder: name a file");
    case ENAMETOOLONG:
      return absl::InvalidArgumentError("a name in it is too long");
    case EEXIST:
      return absl::AlreadyExistsError("something of that name is there: choose another name");
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(
          absl::StrCat("the service may not open it (", std::strerror(error), "): check its owner and mode"));
    case EMFILE:
    case ENFILE:
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
      return absl::ResourceExhaustedError(absl::StrCat("the host ran out of something: ", std::strerror(error)));
    case ENOSYS:
      return absl::UnimplementedError("the kernel has no openat2(2): Linux 5.6 or newer is needed");
    default:
      return absl::InternalError(absl::StrCat("cannot open it: ", std::strerror(error)));
  }
}

absl::StatusOr<UniqueFd> OpenAt2(int folder, const std::string& relative, uint64_t flags, uint64_t mode) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
  // EAGAIN: something was renamed meanwhile (openat2(2)).
  constexpr int kAttempts = 16;
  for (int attempt = 0;; ++attempt) {
    const int64_t fd = ::syscall(SYS_openat2, folder, relative.c_str(), &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    if ((errno != EAGAIN && errno != EINTR) || attempt == kAttempts) return OpenError(errno);
  }
}

absl::Status CheckRegular(int fd, uint64_t* size) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return OpenError(errno);
  if (S_ISDIR(status.st_mode)) return OpenError(EISDIR);
  if (S_ISLNK(status.st_mode)) return OpenError(ELOOP);
  if (!S_ISREG(status.st_mode)) return absl::InvalidArgumentError("it is no regular file: name one");
  *size = static_cast<uint64_t>(status.st_size);
  return absl::OkStatus();
}

// Opens the very file that `found` refers to.
absl::StatusOr<UniqueFd> Reopen(const UniqueFd& found, int flags) {
  UniqueFd fd(::open(absl::StrCat("/proc/self/fd/", found.get()).c_str(), flags | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return OpenError(errno);
  return fd;
}

}  // namespace

absl::StatusOr<UniqueFd> OpenFolder(const std::string& path) {
  UniqueFd folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.valid()) return folder;
  const int error = errno;
  if (error == ENOENT) return absl::NotFoundError(absl::StrCat("there is no folder ", path, ": create it"));
  if (error == ENOTDIR) return absl::InvalidArgumentError(absl::StrCat(path, " is no folder"));
  return OpenError(error);
}

absl::StatusOr<UniqueFd> OpenBeneath(int folder, const std::string& relative, FileAccess access, uint64_t* size) {
  if (access == FileAccess::kCreateNew) {
    *size = 0;
    return OpenAt2(folder, relative, O_RDWR | O_CREAT | O_EXCL | O_NOCTTY, 0600);
  }
  ASSIGN_OR_RETURN(UniqueFd found, OpenAt2(folder, relative, O_PATH, 0));
  RETURN_IF_ERROR(CheckRegular(found.get(), size));
  if (access == FileAccess::kOnlyFind) return found;
  return Reopen(found, access == FileAccess::kReadWrite ? O_RDWR : O_RDONLY);
}

}  // namespace cimvisor::security
