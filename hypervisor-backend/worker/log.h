// The worker's log: one line per event on standard error, which is a file of the launch. No logging library: the worker
// stays small.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_LOG_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_LOG_H_

#include "absl/strings/string_view.h"

namespace cimvisor::worker {

// Writes "TIME LEVEL worker OBJECT: TEXT". Any thread. `level` is "info", "warning" or "error".
void LogLine(absl::string_view level, absl::string_view object, absl::string_view text);

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_LOG_H_
