#include "service/store/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace cimvisor::store {
namespace {

absl::Status OpenError(const std::string& path, int error) {
  const std::string message = absl::StrCat("cannot open the lock file ", path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(absl::StrCat(message, "; create the state folder first"));
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(absl::StrCat(message, "; free some space there"));
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::FailedPreconditionError(absl::StrCat(message, "; the service must be able to write its folder"));
    default:
      return absl::InternalError(message);
  }
}

// The number that the holder wrote; what anybody else wrote there is not repeated.
std::string Holder(int fd) {
  char text[32];
  const ssize_t length = ::pread(fd, text, sizeof text, 0);
  int64_t process = 0;
  if (length > 0 && absl::SimpleAtoi(absl::string_view(text, static_cast<size_t>(length)), &process)) {
    return absl::StrCat("process ", process);
  }
  return "another process";
}

}  // namespace

absl::StatusOr<LockFile> LockFile::Take(const std::string& database_path) {
  const std::string path = absl::StrCat(database_path, ".lock");
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return OpenError(path, errno);
  LockFile lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return absl::UnavailableError(absl::StrCat("the database ", database_path, " is in use by ", Holder(fd),
                                               ": end that service, or give this one another --state-dir"));
  }
  // Only for the message above, so that a failure to write it (a full disk) does no harm.
  const std::string process = absl::StrCat(::getpid(), "\n");
  if (::ftruncate(fd, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(fd, process.data(), process.size(), 0);
  }
  return lock;
}

LockFile::LockFile(LockFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

LockFile::~LockFile() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace cimvisor::store
