// The rows of the table jobs, each change with its journal entry. All but LoadJobs run inside a transaction.
#ifndef CIMVISOR_SERVICE_JOBS_JOB_ROWS_H_
#define CIMVISOR_SERVICE_JOBS_JOB_ROWS_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/jobs/job.h"
#include "service/store/store.h"

namespace cimvisor::jobs {

absl::StatusOr<std::vector<Job>> LoadJobs(store::Store& store);

absl::Status InsertJob(store::Transaction& transaction, const Job& job);

// Reads the row, lets `change` alter it, and writes it. The row is the truth while several changes share a commit, so
// that an end is never overwritten: kFailedPrecondition when the job has ended. kNotFound when it is gone. Returns what
// was written; writes nothing when nothing was altered.
absl::StatusOr<Job> UpdateJob(store::Transaction& transaction, const std::string& id,
                              absl::FunctionRef<void(Job&)> change);

// kNotFound when it is gone.
absl::Status DeleteJob(store::Transaction& transaction, const std::string& id);

}  // namespace cimvisor::jobs

#endif  // CIMVISOR_SERVICE_JOBS_JOB_ROWS_H_
