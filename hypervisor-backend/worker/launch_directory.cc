#include "hypervisor-backend/worker/launch_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "hypervisor-backend/worker/messages.h"

namespace cimvisor::worker {
namespace {

constexpr char kControlName[] = "control";
constexpr char kRecordName[] = "record";
constexpr char kLogName[] = "log";
constexpr int kBacklog = 8;

bool IsLaunchId(absl::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
  });
}

absl::StatusOr<machine::FileDescriptor> OpenDirectory(int runtime_directory, const std::string& launch_id) {
  machine::FileDescriptor directory(
      openat(runtime_directory, launch_id.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!directory.valid()) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open the folder of launch ", launch_id));
  }
  return directory;
}

sockaddr_un ControlAddress(int directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = absl::StrCat("/proc/self/fd/", directory, "/", kControlName);
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

struct DirectoryCloser {
  void operator()(DIR* directory) const { closedir(directory); }
};

}  // namespace

absl::StatusOr<LaunchDirectory> LaunchDirectory::Create(int runtime_directory, const std::string& launch_id) {
  if (!IsLaunchId(launch_id)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", PrintableText(launch_id, 80), "\" is no launch id"));
  }
  if (mkdirat(runtime_directory, launch_id.c_str(), 0700) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot make the folder of launch ", launch_id));
  }
  ASSIGN_OR_RETURN(machine::FileDescriptor opened, OpenDirectory(runtime_directory, launch_id));
  LaunchDirectory directory(std::move(opened));
  for (const char* name : {kRecordName, kLogName}) {
    const absl::Status made = directory.OpenFile(name, O_WRONLY | O_CREAT | O_EXCL).status();
    if (!made.ok()) {
      Remove(runtime_directory, launch_id).IgnoreError();
      return made;
    }
  }
  return directory;
}

absl::StatusOr<LaunchDirectory> LaunchDirectory::Open(int runtime_directory, const std::string& launch_id) {
  if (!IsLaunchId(launch_id)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", PrintableText(launch_id, 80), "\" is no launch id"));
  }
  ASSIGN_OR_RETURN(machine::FileDescriptor opened, OpenDirectory(runtime_directory, launch_id));
  return LaunchDirectory(std::move(opened));
}

absl::StatusOr<std::vector<std::string>> LaunchDirectory::List(int runtime_directory) {
  machine::FileDescriptor copy(openat(runtime_directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy.valid()) return absl::ErrnoToStatus(errno, "cannot list the launches");
  const std::unique_ptr<DIR, DirectoryCloser> listing(fdopendir(copy.get()));
  if (listing == nullptr) return absl::ErrnoToStatus(errno, "cannot list the launches");
  copy.Release();  // closed by the listing
  std::vector<std::string> ids;
  while (const dirent* entry = readdir(listing.get())) {
    if (entry->d_type == DT_DIR && IsLaunchId(entry->d_name)) ids.emplace_back(entry->d_name);
  }
  return ids;
}

absl::Status LaunchDirectory::Remove(int runtime_directory, const std::string& launch_id) {
  absl::StatusOr<machine::FileDescriptor> directory = OpenDirectory(runtime_directory, launch_id);
  if (absl::IsNotFound(directory.status())) return absl::OkStatus();
  RETURN_IF_ERROR(directory.status());
  for (const char* name : {kControlName, kRecordName, kLogName}) {
    if (unlinkat(directory->get(), name, 0) != 0 && errno != ENOENT) {
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot remove ", name, " of launch ", launch_id));
    }
  }
  if (unlinkat(runtime_directory, launch_id.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot remove the folder of launch ", launch_id));
  }
  return absl::OkStatus();
}

absl::StatusOr<machine::FileDescriptor> LaunchDirectory::MakeListener() const {
  machine::FileDescriptor socket_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_fd.valid()) return absl::ErrnoToStatus(errno, "cannot make a control socket");
  const sockaddr_un address = ControlAddress(directory_.get());
  if (bind(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(socket_fd.get(), kBacklog) != 0) {
    return absl::ErrnoToStatus(errno, "cannot bind a control socket");
  }
  return socket_fd;
}

absl::StatusOr<machine::FileDescriptor> LaunchDirectory::Connect() const {
  machine::FileDescriptor socket_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_fd.valid()) return absl::ErrnoToStatus(errno, "cannot make a control socket");
  const sockaddr_un address = ControlAddress(directory_.get());
  if (connect(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot connect to the worker: ", strerror(errno)));
  }
  return socket_fd;
}

absl::StatusOr<machine::FileDescriptor> LaunchDirectory::OpenFile(const char* name, int flags) const {
  machine::FileDescriptor file(openat(directory_.get(), name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!file.valid()) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", name, " of a launch"));
  return file;
}

absl::StatusOr<machine::FileDescriptor> LaunchDirectory::OpenRecord(bool writable) const {
  return OpenFile(kRecordName, writable ? O_WRONLY | O_APPEND : O_RDONLY);
}

absl::StatusOr<machine::FileDescriptor> LaunchDirectory::OpenLog() const {
  return OpenFile(kLogName, O_WRONLY | O_APPEND);
}

std::string LaunchDirectory::LogTail(size_t limit) const {
  const absl::StatusOr<machine::FileDescriptor> log = OpenFile(kLogName, O_RDONLY);
  struct stat status {};
  if (!log.ok() || fstat(log->get(), &status) != 0) return "";
  std::string tail(limit, '\0');
  const off_t start = std::max<off_t>(0, status.st_size - static_cast<off_t>(limit));
  const ssize_t count = pread(log->get(), tail.data(), tail.size(), start);
  return PrintableText(absl::string_view(tail.data(), count < 0 ? 0 : static_cast<size_t>(count)), limit);
}

}  // namespace cimvisor::worker
