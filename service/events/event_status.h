// The statuses of the hub that carry a revision for the watcher's next subscription.
#ifndef CIMVISOR_SERVICE_EVENTS_EVENT_STATUS_H_
#define CIMVISOR_SERVICE_EVENTS_EVENT_STATUS_H_

#include <cstdint>

#include "absl/status/status.h"

namespace cimvisor::events {

// kAborted: the watcher was too slow; ResumeRevision() is `resume_after`.
absl::Status CutStatus(int64_t resume_after);
// kOutOfRange: the journal begins with revision `oldest`; OldestRevision() says so.
absl::Status TrimmedStatus(int64_t after, int64_t oldest);
// kOutOfRange: the revision was never made here.
absl::Status FutureStatus(int64_t after, int64_t last);
absl::Status ClosingStatus();

}  // namespace cimvisor::events

#endif  // CIMVISOR_SERVICE_EVENTS_EVENT_STATUS_H_
