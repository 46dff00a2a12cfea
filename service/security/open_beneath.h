// openat2(2) below a folder that is held open, with errors in words. Used by RootedPaths alone.
#ifndef CIMVISOR_SERVICE_SECURITY_OPEN_BENEATH_H_
#define CIMVISOR_SERVICE_SECURITY_OPEN_BENEATH_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "service/security/rooted_path.h"
#include "service/security/unique_fd.h"

namespace cimvisor::security {

// A folder by an absolute path, symbolic links followed.
absl::StatusOr<UniqueFd> OpenFolder(const std::string& path);

// The regular file at `relative` below `folder`; no symbolic link, "..", magic link or race leads out of it. What it is
// is checked before it is opened, so that opening a device or a FIFO has no effect.
absl::StatusOr<UniqueFd> OpenBeneath(int folder, const std::string& relative, FileAccess access, uint64_t* size);

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_OPEN_BENEATH_H_
