#include "clients/cpp/job.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::client {
namespace {

constexpr int64_t kCompleted = 7;
constexpr int64_t kException = 10;
constexpr int64_t kCompletedWithWarnings = 32768;

}  // namespace

bool JobHasEnded(const Instance& job) {
  const int64_t state = Integer(job, "JobState").value_or(0);
  return (state >= kCompleted && state <= kException) || state == kCompletedWithWarnings;
}

absl::Status JobStatusOf(const Instance& job) {
  const int64_t state = Integer(job, "JobState").value_or(0);
  if (state == kCompleted || state == kCompletedWithWarnings) return absl::OkStatus();
  std::string message = Text(job, "ErrorDescription");
  if (message.empty()) message = Text(job, "JobStatus");
  return absl::FailedPreconditionError(absl::StrCat("the job ended with state ", state, ", error ",
                                                    Integer(job, "ErrorCode").value_or(0), ": ", message));
}

absl::StatusOr<Instance> Client::WaitForJob(const std::string& job_path, int64_t after_revision, absl::Duration timeout,
                                            const std::function<void(const Instance& job)>& on_progress) {
  const std::string id = KeyOfPath(job_path, "InstanceID");
  const std::string wql = absl::StrCat(
      "SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA 'Msvm_ConcreteJob' "
      "AND TargetInstance.InstanceID = '",
      Quote(id), "'");
  const absl::Time deadline = absl::Now() + timeout;
  // A job that ended before the subscription is found by reading it; one that ends later, by its event.
  while (true) {
    ASSIGN_OR_RETURN(Instance job, GetInstance(job_path));
    if (on_progress) on_progress(job);
    if (JobHasEnded(job)) return job;
    if (absl::Now() >= deadline) {
      return absl::DeadlineExceededError(absl::StrCat("the job ", job_path, " still runs after ",
                                                      absl::FormatDuration(timeout), "; it goes on in the service"));
    }
    cimvisor::v1::SubscribeRequest request;
    FillHeader(request.mutable_header());
    request.set_wql(wql);
    request.set_after_revision(after_revision);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    const auto reader = objects_->Subscribe(&context, request);
    cimvisor::v1::SubscribeResponse response;
    bool ended = false;
    while (!ended && reader->Read(&response)) {
      for (const cimvisor::v1::Event& event : response.events()) {
        after_revision = event.revision();
        const Value* target = Find(event.event(), "TargetInstance");
        if (target == nullptr || !target->has_object()) continue;
        job = target->object();
        if (on_progress) on_progress(job);
        if (JobHasEnded(job)) ended = true;
      }
    }
    context.TryCancel();
    while (reader->Read(&response)) {
    }
    const grpc::Status status = reader->Finish();
    if (ended) return job;
    // A broken connection or the deadline: read the job again, which says so if the service is gone.
    if (!status.ok() && status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED &&
        status.error_code() != grpc::StatusCode::UNAVAILABLE) {
      return Explain(status);
    }
  }
}

}  // namespace cimvisor::client
