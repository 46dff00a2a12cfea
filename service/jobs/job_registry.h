// The manager's books: which jobs live, how many more may come, which ended ones go when.
#ifndef CIMVISOR_SERVICE_JOBS_JOB_REGISTRY_H_
#define CIMVISOR_SERVICE_JOBS_JOB_REGISTRY_H_

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/jobs/job.h"

namespace cimvisor::jobs {

class LiveJob;

// Thread-safe.
class JobRegistry {
 public:
  explicit JobRegistry(size_t limit) : limit_(limit) {}

  // A place for one more job; kResourceExhausted with the limit, kUnavailable after Close. Release gives it back.
  absl::Status Reserve();
  void Release();
  // Refuses further places.
  void Close();

  // Published and not ended.
  void AddLive(std::shared_ptr<LiveJob> job);
  void RemoveLive(const std::string& id);
  std::shared_ptr<LiveJob> FindLive(const std::string& id) const;
  std::vector<std::shared_ptr<LiveJob>> Live() const;
  void ForgetLive();

  // Instead of what was scheduled for it before; a job that is kept is taken off the schedule.
  void ScheduleRemoval(const Job& ended);
  void ScheduleRemoval(const std::string& id, absl::Time when);
  void CancelRemoval(const std::string& id);
  // Takes at most `most` of those whose time has come.
  std::vector<std::string> TakeDue(absl::Time now, size_t most);

 private:
  const size_t limit_;
  mutable absl::Mutex mutex_;
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<std::string, std::shared_ptr<LiveJob>> live_ ABSL_GUARDED_BY(mutex_);
  void CancelRemovalLocked(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::set<std::pair<absl::Time, std::string>> removals_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, absl::Time> removal_of_ ABSL_GUARDED_BY(mutex_);  // the same by id
};

}  // namespace cimvisor::jobs

#endif  // CIMVISOR_SERVICE_JOBS_JOB_REGISTRY_H_
