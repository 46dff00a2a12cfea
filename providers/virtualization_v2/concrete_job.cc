#include "providers/virtualization_v2/concrete_job.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/inventory.h"
#include "providers/schema/msvm_v2/jobs.h"
#include "providers/virtualization_v2/job_values.h"
#include "providers/virtualization_v2/object_paths.h"
#include "providers/virtualization_v2/outcome.h"
#include "providers/virtualization_v2/settings_view.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::views {
namespace {

using Job = msvm::v2::ConcreteJob;
using inventory::ErrorKind;

// Return values of CIM_ConcreteJob.RequestStateChange (DMTF).
constexpr uint32_t kNotSupported = 1;
constexpr uint32_t kFailed = 4;
constexpr uint32_t kInvalidParameter = 5;
constexpr uint32_t kInvalidStateTransition = 4097;
constexpr uint32_t kTimeoutNotSupported = 4098;
// RequestedState.
constexpr uint32_t kStart = 2;
constexpr uint32_t kTerminate = 4;
constexpr uint32_t kKill = 5;
constexpr uint32_t kService = 6;

// A job moves on while a client holds what it read: a property that cannot be written is refused where the client would
// change it, and what the job alone changes may be written back as it was read.
absl::Status CheckOnlySettings(const ViewContext& context, const cim::Instance& wanted, const jobs::Job& after) {
  const std::vector<int> moving = {Job::kJobStateSlot,
                                   Job::kJobStatusSlot,
                                   Job::kPercentCompleteSlot,
                                   Job::kElapsedTimeSlot,
                                   Job::kTimeOfLastStateChangeSlot,
                                   Job::kStartTimeSlot,
                                   Job::kCancellableSlot,
                                   Job::kErrorCodeSlot,
                                   Job::kErrorDescriptionSlot,
                                   Job::kErrorSummaryDescriptionSlot};
  const InstancePointer result = RenderJob(context, after, absl::Now());
  cim::Instance still(wanted.shared_class());
  for (size_t i = 0; i < wanted.cls().properties().size(); ++i) {
    const int slot = static_cast<int>(i);
    if (!wanted.IsMentioned(slot) || std::find(moving.begin(), moving.end(), slot) != moving.end()) continue;
    RETURN_IF_ERROR(still.Set(wanted.cls().properties()[i].name, wanted.value(slot)));
  }
  const absl::Status status = CheckHonoured(still, *result, /*is_new=*/false);
  if (status.ok()) return status;
  return cim::CimError(cim::CimStatus::kNotSupported, std::string(status.message()));
}

// The kind of failure that a job's ErrorCode stands for.
ErrorKind KindOfErrorCode(uint32_t code) {
  for (const ErrorKind kind :
       {ErrorKind::kAccessDenied, ErrorKind::kNotSupported, ErrorKind::kInvalidParameter, ErrorKind::kInUse,
        ErrorKind::kInvalidState, ErrorKind::kOutOfMemory, ErrorKind::kFileNotFound, ErrorKind::kTimeout}) {
    if (ReturnValueOf(kind, ReturnCodes::kHyperV) == code) return kind;
  }
  return ErrorKind::kFailed;
}

}  // namespace

absl::StatusOr<JobPointer> ConcreteJobProvider::Find(const broker::ReadContext& context,
                                                     const cim::ObjectPath& path) const {
  const std::optional<std::string> id = JobIdOfPath(context_, path);
  JobPointer job = id.has_value() ? ReadPointOf(context).jobs().Find(*id) : nullptr;
  if (job != nullptr) return job;
  return cim::CimError(cim::CimStatus::kNotFound, absl::StrCat("there is no job ", path.RelativeText(),
                                                               ": jobs are removed some minutes after "
                                                               "their end (TimeBeforeRemoval)"));
}

absl::Status ConcreteJobProvider::Enumerate(const broker::ReadContext& context, const broker::EnumerateRequest& request,
                                            broker::InstanceSink sink) {
  const absl::Time now = absl::Now();
  for (const broker::LookupHint& hint : request.hints) {
    if (!HasIndex(*request.cls, hint)) continue;
    const JobPointer job = ReadPointOf(context).jobs().Find(hint.value.string());
    if (job != nullptr) sink(RenderJob(context_, *job, now));
    return absl::OkStatus();
  }
  for (const JobPointer& job : ReadPointOf(context).jobs().All()) {
    if (!sink(RenderJob(context_, *job, now))) break;
  }
  return absl::OkStatus();
}

bool ConcreteJobProvider::HasIndex(const cim::Class&, const broker::LookupHint& hint) const {
  return hint.slot == Job::kInstanceIDSlot && !hint.is_prefix && !hint.value.is_null() && !hint.value.is_array() &&
         hint.value.type() == cim::CimType::kString;
}

absl::StatusOr<InstancePointer> ConcreteJobProvider::Get(const broker::ReadContext& context, const ClassPointer&,
                                                         const cim::ObjectPath& path, const cim::PropertySet&) {
  ASSIGN_OR_RETURN(const JobPointer job, Find(context, path));
  return RenderJob(context_, *job, absl::Now());
}

absl::StatusOr<broker::MethodResult> ConcreteJobProvider::Invoke(const broker::ReadContext& context,
                                                                 security::Operation& operation,
                                                                 broker::MethodCall call) {
  ASSIGN_OR_RETURN(const JobPointer job, Find(context, call.path));
  const std::string& name = call.method->name;
  if (absl::EqualsIgnoreCase(name, Job::RequestStateChange::kName)) return RequestStateChange(operation, call, *job);
  if (absl::EqualsIgnoreCase(name, Job::KillJob::kName)) return KillJob(operation, call, *job);
  if (absl::EqualsIgnoreCase(name, Job::GetError::kName)) return GetError(*job);
  if (absl::EqualsIgnoreCase(name, Job::GetErrorEx::kName)) return GetErrorEx(*job);
  return MethodNotSupported(context_, call);
}

broker::MethodResult ConcreteJobProvider::Refuse(const broker::MethodCall& call, uint32_t return_value, ErrorKind kind,
                                                 absl::string_view message) const {
  broker::MethodResult result = Failure(context_, call, inventory::InventoryError(kind, message));
  result.return_value = return_value;
  return result;
}

absl::StatusOr<broker::MethodResult> ConcreteJobProvider::Cancel(security::Operation& operation,
                                                                 const broker::MethodCall& call, const jobs::Job& job,
                                                                 const jobs::CancelOptions& options,
                                                                 uint32_t refusal) const {
  broker::MethodResult result;
  for (const cim::Parameter& parameter : call.method->parameters) {
    result.out_parameters.push_back(cim::Value::Null(parameter.type, parameter.is_array));
  }
  operation.outcome = broker::SerializeOutcome(*call.method, result);
  const absl::Status status = context_.dependencies.jobs->Cancel(operation, job.id, options);
  if (status.ok()) return result;
  if (absl::IsFailedPrecondition(status)) {
    return Refuse(call, refusal, ErrorKind::kInvalidState, std::string(status.message()));
  }
  return Finish(context_, call, status, std::move(result));
}

absl::StatusOr<broker::MethodResult> ConcreteJobProvider::RequestStateChange(security::Operation& operation,
                                                                             const broker::MethodCall& call,
                                                                             const jobs::Job& job) const {
  const Job::RequestStateChange::In in(call.parameters);
  if (!in.requested_state().has_value()) {
    return Refuse(call, kInvalidParameter, ErrorKind::kInvalidParameter,
                  "RequestedState is absent: give 4 (terminate) or 5 (kill)");
  }
  if (const auto timeout = in.timeout_period(); timeout.has_value() && timeout->microseconds() != 0) {
    return Refuse(call, kTimeoutNotSupported, ErrorKind::kNotSupported,
                  "TimeoutPeriod is not supported: leave it out and watch JobState");
  }
  const auto state = static_cast<uint32_t>(*in.requested_state());
  if (state < kStart || state > kService) {
    return Refuse(call, kInvalidParameter, ErrorKind::kInvalidParameter,
                  absl::StrCat("a job has no state ", state, " to ask for: give 4 (terminate) or 5 (kill)"));
  }
  if (state != kTerminate && state != kKill) {
    return Refuse(
        call, kNotSupported, ErrorKind::kNotSupported,
        absl::StrCat("the requested state ", state, " of a job is not supported: give 4 (terminate) or 5 (kill)"));
  }
  const auto request = state == kKill ? jobs::CancelRequest::kKill : jobs::CancelRequest::kTerminate;
  return Cancel(operation, call, job, {.request = request}, kInvalidStateTransition);
}

absl::StatusOr<broker::MethodResult> ConcreteJobProvider::KillJob(security::Operation& operation,
                                                                  const broker::MethodCall& call,
                                                                  const jobs::Job& job) const {
  const bool remove = Job::KillJob::In(call.parameters).delete_on_kill().value_or(false);
  return Cancel(operation, call, job, {.request = jobs::CancelRequest::kKill, .remove_at_end = remove}, kFailed);
}

absl::Status ConcreteJobProvider::Modify(const broker::ReadContext& context, security::Operation& operation,
                                         const cim::ObjectPath& path, const cim::Instance& instance) {
  ASSIGN_OR_RETURN(const JobPointer job, Find(context, path));
  const Job wanted = Job::View(instance);
  jobs::Job after = *job;
  jobs::JobSettings settings;
  if (const auto time = wanted.time_before_removal(); time.has_value()) {
    if (!time->is_interval()) {
      return cim::CimError(cim::CimStatus::kInvalidParameter,
                           absl::StrCat("TimeBeforeRemoval of ", path.RelativeText(),
                                        " is a point in time: give an interval such as 00000000000500.000000:000"));
    }
    settings.time_before_removal = after.time_before_removal = absl::Microseconds(time->microseconds());
  }
  if (const auto remove = wanted.delete_on_completion(); remove.has_value()) {
    settings.delete_on_completion = after.delete_on_completion = *remove;
  }
  RETURN_IF_ERROR(CheckOnlySettings(context_, instance, after));
  return context_.dependencies.jobs->Modify(operation, job->id, settings);
}

absl::Status ConcreteJobProvider::Delete(const broker::ReadContext& context, security::Operation& operation,
                                         const cim::ObjectPath& path) {
  ASSIGN_OR_RETURN(const JobPointer job, Find(context, path));
  return context_.dependencies.jobs->Delete(operation, job->id);
}

InstancePointer ConcreteJobProvider::ErrorOf(const jobs::Job& job) const {
  if (job.error_code == 0 && job.error_description.empty()) return nullptr;
  cim::ObjectPath source = JobPath(context_, job.id);
  for (const jobs::JobElement& element : job.affected) {
    if (element.entity_kind == inventory::kMachineEntity) source = MachinePath(context_, element.entity_id);
  }
  return MakeError(context_, KindOfErrorCode(job.error_code), job.error_description, source);
}

broker::MethodResult ConcreteJobProvider::GetError(const jobs::Job& job) const {
  Job::GetError::Out out;
  out.set_error(ErrorOf(job));
  broker::MethodResult result;
  result.out_parameters = std::move(out).Take();
  return result;
}

broker::MethodResult ConcreteJobProvider::GetErrorEx(const jobs::Job& job) const {
  Job::GetErrorEx::Out out;
  std::vector<InstancePointer> errors;
  if (InstancePointer error = ErrorOf(job); error != nullptr) errors.push_back(std::move(error));
  out.set_errors(std::move(errors));
  broker::MethodResult result;
  result.out_parameters = std::move(out).Take();
  return result;
}

}  // namespace cimvisor::views
