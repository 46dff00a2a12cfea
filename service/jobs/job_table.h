// All jobs in memory, published as immutable snapshots that share structure.
#ifndef CIMVISOR_SERVICE_JOBS_JOB_TABLE_H_
#define CIMVISOR_SERVICE_JOBS_JOB_TABLE_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "service/jobs/job_manager.h"

namespace cimvisor::jobs {

// Thread-safe. A change copies one bucket of the table, not the table.
class JobTable {
 public:
  JobTable();

  std::shared_ptr<const JobSnapshot> Snapshot() const;
  // Adds or replaces.
  void Put(std::shared_ptr<const Job> job);
  void Remove(const std::string& id);

 private:
  class Buckets;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Buckets> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::jobs

#endif  // CIMVISOR_SERVICE_JOBS_JOB_TABLE_H_
