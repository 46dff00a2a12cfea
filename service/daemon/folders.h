// The folders that the service needs before it opens anything.
#ifndef CIMVISOR_SERVICE_DAEMON_FOLDERS_H_
#define CIMVISOR_SERVICE_DAEMON_FOLDERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/daemon/settings.h"
#include "service/security/rooted_path.h"

namespace cimvisor::daemon {

// Makes the state folder (0750) and the runtime folder (0755, for the members of the socket's group) with what is
// missing above them. Makes settings' paths of both absolute.
absl::Status PrepareFolders(Settings& settings);

// The configured roots, which must exist; for a name that is not configured the default one, which is made.
absl::StatusOr<std::vector<security::Root>> PrepareRoots(const Settings& settings);

}  // namespace cimvisor::daemon

#endif  // CIMVISOR_SERVICE_DAEMON_FOLDERS_H_
