#ifndef CIMVISOR_SERVICE_JOBS_PREPARED_JOB_BODY_H_
#define CIMVISOR_SERVICE_JOBS_PREPARED_JOB_BODY_H_

#include <memory>

#include "service/jobs/job_manager.h"
#include "service/jobs/live_job.h"

namespace cimvisor::jobs {

// What stands behind a PreparedJob.
class PreparedJob::Body {
 public:
  std::shared_ptr<JobCore> core;
  std::shared_ptr<LiveJob> job;
};

}  // namespace cimvisor::jobs

#endif  // CIMVISOR_SERVICE_JOBS_PREPARED_JOB_BODY_H_
