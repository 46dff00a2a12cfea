// Jobs as bytes: see job_record.proto. EncodeJobChange and DecodeJobChange are in job.h.
#ifndef CIMVISOR_SERVICE_JOBS_JOB_CODEC_H_
#define CIMVISOR_SERVICE_JOBS_JOB_CODEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/jobs/job.h"

namespace cimvisor::jobs {

std::string EncodeJob(const Job& job);
// kDataLoss when the bytes are no job, kFailedPrecondition for one of a newer version.
absl::StatusOr<Job> DecodeJob(absl::string_view bytes);

}  // namespace cimvisor::jobs

#endif  // CIMVISOR_SERVICE_JOBS_JOB_CODEC_H_
