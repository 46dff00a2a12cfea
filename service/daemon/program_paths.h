// Where the other programs are, so that the service runs from any prefix and from the build tree.
#ifndef CIMVISOR_SERVICE_DAEMON_PROGRAM_PATHS_H_
#define CIMVISOR_SERVICE_DAEMON_PROGRAM_PATHS_H_

#include <string>

#include "absl/status/statusor.h"

namespace cimvisor::daemon {

// PREFIX/libexec/cimvisor/cimvisor-worker for a program PREFIX/bin/cimvisord. kNotFound names the place.
absl::StatusOr<std::string> WorkerProgram(const std::string& own_program);

// The path of the running program.
absl::StatusOr<std::string> OwnProgram();

}  // namespace cimvisor::daemon

#endif  // CIMVISOR_SERVICE_DAEMON_PROGRAM_PATHS_H_
