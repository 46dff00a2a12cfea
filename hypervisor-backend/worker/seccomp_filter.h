// The system calls that each kind of thread may make (libseccomp). Everything else kills the process.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_SECCOMP_FILTER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_SECCOMP_FILTER_H_

#include <linux/filter.h>

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cimvisor::worker {

enum class FilterKind : uint8_t {
  kParent,     // waits for the worker and writes its record
  kControl,    // the worker's main thread. It makes the others, which inherit its filter, so its list includes theirs
  kProcessor,  // narrows the control thread's: KVM and what devices' registers need
  kDevice,     // narrows it too: KVM and the files handed over; no sockets, no threads
  kProbe,      // the control thread's, and what one probe of the host makes for itself: memory and a timer
};

// Filters compiled beforehand. Entering allocates nothing and needs one system call.
class SeccompFilters {
 public:
  // Compiles the filters of `kinds` for the calling process: signals are allowed to it alone. kUnavailable when
  // libseccomp cannot build one.
  static absl::StatusOr<SeccompFilters> Build(const std::vector<FilterKind>& kinds);

  // Installs the filter, one of those built, on the calling thread, for good. no_new_privs must be set.
  absl::Status Enter(FilterKind kind) const;

 private:
  std::array<std::vector<sock_filter>, 5> programs_;
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_SECCOMP_FILTER_H_
