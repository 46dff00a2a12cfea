#include "clients/cpp/job.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "clients/cpp/errors.h"
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

absl::StatusOr<Instance> Client::WatchJob(const std::string& job_path, int64_t after_revision, absl::Duration timeout,
                                          const std::function<void(const Instance& job)>& on_progress) {
  const std::string id = KeyOfPath(job_path, "InstanceID");
  if (id.empty()) return absl::InvalidArgumentError(absl::StrCat("\"", job_path, "\" is no path of a job"));
  absl::StatusOr<Instance> job = absl::InternalError("the watch of the job ended without a reason");
  Cancellation cancellation;
  // True: it runs on.
  const auto take = [&](const Instance& now) {
    if (on_progress) on_progress(now);
    if (!JobHasEnded(now)) return true;
    job = now;
    return false;
  };
  // Once the watch is on: an end before its revision has no event to come. A connection that breaks meanwhile is mended
  // by the watch, and the job read behind it.
  bool was_read = false;
  const auto read = [&](int64_t) {
    if (was_read) return;
    absl::StatusOr<Instance> now = GetInstance(job_path);
    if (!now.ok() && IsMendedByReconnect(now.status())) return;
    was_read = true;
    if (now.ok() && take(*now)) return;
    if (!now.ok()) job = now.status();
    cancellation.Cancel();
  };
  WatchOptions options;
  // WITHIN 0: not held back. The events of a job are few.
  options.wql = absl::StrCat(
      "SELECT * FROM __InstanceOperationEvent WITHIN 0 WHERE TargetInstance ISA 'Msvm_ConcreteJob' "
      "AND TargetInstance.InstanceID = '",
      Quote(id), "'");
  options.after_revision = after_revision;
  options.deadline = absl::Now() + timeout;
  options.on_started = read;
  options.on_resumed = read;
  const EventCallback on_event = [&](const cimvisor::v1::Event& event) {
    const Value* target = Find(event.event(), "TargetInstance");
    if (target == nullptr || !target->has_object()) return true;
    if (!take(target->object())) return false;
    if (!absl::StrContains(event.event().class_name(), "Deletion")) return true;
    job = absl::NotFoundError(absl::StrCat("the job ", job_path, " was removed before it ended"));
    return false;
  };
  absl::Status status = Watch(options, cancellation, on_event);
  if (absl::IsOutOfRange(status) && after_revision >= 0) {
    // A revision of long ago (the answer to a repeated call): watching from now and then reading has no hole either.
    options.after_revision = -1;
    was_read = false;
    status = Watch(options, cancellation, on_event);
  }
  if (absl::IsDeadlineExceeded(status)) {
    return absl::DeadlineExceededError(absl::StrCat("the job ", job_path, " still runs after ",
                                                    absl::FormatDuration(timeout), "; it goes on in the service"));
  }
  RETURN_IF_ERROR(status);
  return job;
}

}  // namespace cimvisor::client
