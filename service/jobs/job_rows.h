// The rows of the table jobs, each change with its journal entry. All but LoadJobs run inside a transaction.
#ifndef CIMVISOR_SERVICE_JOBS_JOB_ROWS_H_
#define CIMVISOR_SERVICE_JOBS_JOB_ROWS_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/jobs/job.h"
#include "service/security/operation.h"
#include "service/store/store.h"

namespace cimvisor::jobs {

absl::StatusOr<std::vector<Job>> LoadJobs(store::Store& store);

// Sets the revisions of `job`, too.
absl::Status InsertJob(store::Transaction& transaction, Job& job);

// On whose account a row changes.
struct RowChange {
  // A client's call: its expected revision is demanded (kAborted with a security::Conflict), and it is recorded. Null:
  // the job's own work.
  const security::Operation* operation = nullptr;
  bool also_ended = false;  // a job that has ended may be changed
};

// Reads the row, lets `change` alter it, and writes it. The row is the truth while several changes share a commit, so
// that an end is never overwritten: kFailedPrecondition when the job has ended. kNotFound when it is gone. Returns what
// was written; writes no row when nothing was altered.
absl::StatusOr<Job> UpdateJob(store::Transaction& transaction, const std::string& id,
                              absl::FunctionRef<void(Job&)> change, const RowChange& on_account = {});

// For a client. kNotFound when it is gone; as CheckCanBeDeleted.
absl::Status DeleteEndedJob(store::Transaction& transaction, const std::string& id,
                            const security::Operation& operation);

// When its time had come. True: it is gone; false: a client lets it stay longer.
absl::StatusOr<bool> DeleteDueJob(store::Transaction& transaction, const std::string& id, absl::Time now);

// kAborted when the operation expects an older revision of the job.
absl::Status CheckExpectedRevision(const security::Operation& operation, const Job& job);

// kFailedPrecondition when it has not ended; as CheckExpectedRevision.
absl::Status CheckCanBeDeleted(const security::Operation& operation, const Job& job);

}  // namespace cimvisor::jobs

#endif  // CIMVISOR_SERVICE_JOBS_JOB_ROWS_H_
