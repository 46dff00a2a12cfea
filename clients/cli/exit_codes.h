// What the program's exit code says; documented in `cimvisor --help`.
#ifndef CIMVISOR_CLIENTS_CLI_EXIT_CODES_H_
#define CIMVISOR_CLIENTS_CLI_EXIT_CODES_H_

#include "absl/status/status.h"

namespace cimvisor::cli {

enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitNotFound = 3,
  kExitDenied = 4,
  kExitNoServer = 5,
};

inline ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitDone;
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kExitDenied;
    case absl::StatusCode::kUnavailable:
      return kExitNoServer;
    default:
      return kExitFailed;
  }
}

}  // namespace cimvisor::cli

#endif  // CIMVISOR_CLIENTS_CLI_EXIT_CODES_H_
