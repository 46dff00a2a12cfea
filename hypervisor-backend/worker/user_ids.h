// The users that workers run as: one for each, so that they cannot touch one another.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_USER_IDS_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_USER_IDS_H_

#include <cstdint>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace cimvisor::worker {

// Thread-safe.
class UserIds {
 public:
  UserIds(uint32_t first, uint32_t count) : first_(first), count_(count), next_(first) {}

  // One that no living worker has; a number is used again as late as possible. kResourceExhausted when all are taken.
  absl::StatusOr<uint32_t> Take() ABSL_LOCKS_EXCLUDED(mutex_);
  void MarkTaken(uint32_t id) ABSL_LOCKS_EXCLUDED(mutex_);  // by a worker that was adopted
  void GiveBack(uint32_t id) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const uint32_t first_;
  const uint32_t count_;
  absl::Mutex mutex_;
  uint32_t next_ ABSL_GUARDED_BY(mutex_);
  std::set<uint32_t> taken_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_USER_IDS_H_
