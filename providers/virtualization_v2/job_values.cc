#include "providers/virtualization_v2/job_values.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "providers/schema/msvm_v2/jobs.h"

namespace cimvisor::views {
namespace {

using Job = msvm::v2::ConcreteJob;

constexpr uint16_t kOk = 2;
constexpr uint16_t kHealthOk = 5;
constexpr uint16_t kUtc = 2;

// The time that a job has run, or ran.
absl::Duration ElapsedTime(const jobs::Job& job, absl::Time now) {
  if (job.started == absl::InfinitePast()) return absl::ZeroDuration();
  return std::max((job.ended == absl::InfiniteFuture() ? now : job.ended) - job.started, absl::ZeroDuration());
}

// The step that it is at while it works; then how it ended.
std::string StatusText(const jobs::Job& job) {
  if (job.state == jobs::JobState::kRunning && !job.status.empty()) return job.status;
  switch (job.state) {
    case jobs::JobState::kNew:
    case jobs::JobState::kStarting:
      return "Job is starting";
    case jobs::JobState::kRunning:
      return "Job is running";
    case jobs::JobState::kShuttingDown:
      return "Job is ending";
    case jobs::JobState::kCompleted:
      return "Job is completed";
    case jobs::JobState::kCompletedWithWarnings:
      return "Job is completed with warnings";
    case jobs::JobState::kTerminated:
      return "Job is terminated";
    case jobs::JobState::kKilled:
      return "Job is killed";
    case jobs::JobState::kException:
      return "Job has failed";
    default:
      return "Job is suspended";
  }
}

void FillTimes(const jobs::Job& job, absl::Time now, Job& instance) {
  instance.set_time_submitted(cim::DateTime::FromTime(job.created));
  if (job.started != absl::InfinitePast()) instance.set_start_time(cim::DateTime::FromTime(job.started));
  instance.set_time_of_last_state_change(cim::DateTime::FromTime(job.state_changed));
  instance.set_elapsed_time(cim::DateTime::FromDuration(ElapsedTime(job, now)));
  instance.set_time_before_removal(cim::DateTime::FromDuration(job.time_before_removal));
  instance.set_local_or_utc_time(static_cast<Job::LocalOrUtcTimeValue>(kUtc));
}

}  // namespace

InstancePointer RenderJob(const ViewContext& context, const jobs::Job& job, absl::Time now) {
  Job instance(context.classes.job);
  instance.set_instance_id(job.id);
  instance.set_caption(job.name);
  instance.set_description(job.name);
  instance.set_element_name(job.name);
  instance.set_name(job.name);
  instance.set_owner(job.owner);
  instance.set_job_state(static_cast<Job::JobStateValue>(job.state));
  instance.set_job_status(StatusText(job));
  instance.set_job_type(static_cast<Job::JobTypeValue>(job.type));
  instance.set_percent_complete(job.percent_complete);
  instance.set_cancellable(job.cancellable && !jobs::IsFinal(job.state));
  instance.set_delete_on_completion(job.delete_on_completion);
  instance.set_job_run_times(1);
  instance.set_error_code(
      static_cast<uint16_t>(std::min<uint32_t>(job.error_code, std::numeric_limits<uint16_t>::max())));
  instance.set_error_description(job.error_description);
  instance.set_error_summary_description(job.error_description);
  // Constants of the class's page, also of a job that failed: JobState says how it ended.
  instance.set_health_state(static_cast<Job::HealthStateValue>(kHealthOk));
  instance.set_operational_status(
      std::vector<Job::OperationalStatusValue>{static_cast<Job::OperationalStatusValue>(kOk)});
  instance.set_status("OK");
  instance.set_status_descriptions(std::vector<std::string>{"OK"});
  FillTimes(job, now, instance);
  instance.set_revision(job.revision);
  return std::move(instance).Take();
}

}  // namespace cimvisor::views
