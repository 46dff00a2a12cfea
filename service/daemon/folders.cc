#include "service/daemon/folders.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"

namespace cimvisor::daemon {
namespace {

absl::Status MakeFolder(const std::string& path, mode_t mode) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return absl::OkStatus();
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  std::filesystem::create_directories(parent, error);
  if (!error && mkdir(path.c_str(), mode) != 0 && errno != EEXIST) error.assign(errno, std::generic_category());
  if (!error && chmod(path.c_str(), mode) != 0) error.assign(errno, std::generic_category());
  if (!error) return absl::OkStatus();
  const std::string message = absl::StrCat("cannot make the folder ", path, ": ", error.message());
  return error.value() == EACCES || error.value() == EPERM ? absl::PermissionDeniedError(message)
                                                           : absl::UnavailableError(message);
}

std::string Absolute(const std::string& path) {
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).lexically_normal().string();
  return error ? path : absolute;
}

}  // namespace

absl::Status PrepareFolders(Settings& settings) {
  settings.state_directory = Absolute(settings.state_directory);
  settings.runtime_directory = Absolute(settings.runtime_directory);
  RETURN_IF_ERROR(MakeFolder(settings.state_directory, 0750));
  return MakeFolder(settings.runtime_directory, 0755);
}

absl::StatusOr<std::vector<security::Root>> PrepareRoots(const Settings& settings) {
  std::vector<security::Root> roots = settings.roots;
  for (const security::Root& root : DefaultRoots(settings)) {
    const bool is_configured =
        std::any_of(roots.begin(), roots.end(), [&](const security::Root& other) { return other.name == root.name; });
    if (is_configured) continue;
    RETURN_IF_ERROR(MakeFolder(root.path, 0750));
    roots.push_back(root);
  }
  return roots;
}

}  // namespace cimvisor::daemon
