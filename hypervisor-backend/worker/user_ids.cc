#include "hypervisor-backend/worker/user_ids.h"

#include "absl/strings/str_cat.h"

namespace cimvisor::worker {

absl::StatusOr<uint32_t> UserIds::Take() {
  absl::MutexLock lock(&mutex_);
  for (uint32_t tried = 0; tried < count_; ++tried) {
    const uint32_t id = next_;
    next_ = next_ - first_ + 1 < count_ ? next_ + 1 : first_;
    if (taken_.insert(id).second) return id;
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("all ", count_, " user ids for workers, from ", first_, " on, are in use by running machines"));
}

void UserIds::MarkTaken(uint32_t id) {
  absl::MutexLock lock(&mutex_);
  taken_.insert(id);
}

void UserIds::GiveBack(uint32_t id) {
  absl::MutexLock lock(&mutex_);
  taken_.erase(id);
}

}  // namespace cimvisor::worker
