#include "service/daemon/program_paths.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace cimvisor::daemon {

absl::StatusOr<std::string> OwnProgram() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return absl::NotFoundError(absl::StrCat("cannot read /proc/self/exe: ", error.message()));
  return path.string();
}

absl::StatusOr<std::string> WorkerProgram(const std::string& own_program) {
  const std::filesystem::path prefix = std::filesystem::path(own_program).parent_path().parent_path();
  const std::string worker = (prefix / "libexec" / "cimvisor" / "cimvisor-worker").string();
  if (access(worker.c_str(), X_OK) == 0) return worker;
  return absl::NotFoundError(absl::StrCat("the worker program ", worker, " cannot be run: ", std::strerror(errno),
                                          "; install the whole of Cimvisor below one prefix"));
}

}  // namespace cimvisor::daemon
