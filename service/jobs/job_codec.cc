#include "service/jobs/job_codec.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/jobs/job_record.pb.h"

namespace cimvisor::jobs {
namespace {

constexpr uint32_t kVersion = 1;

bool IsState(uint32_t state) {
  return (state >= static_cast<uint32_t>(JobState::kNew) && state <= static_cast<uint32_t>(JobState::kService)) ||
         state == static_cast<uint32_t>(JobState::kCompletedWithWarnings);
}

absl::Status CheckVersion(uint32_t version) {
  if (version == 0) return absl::DataLossError("no record of a job");
  if (version <= kVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("a record of a job has version ", version, ", and this program knows only ", kVersion));
}

void ToRecord(const Job& job, JobRecord* record) {
  record->set_version(kVersion);
  record->set_id(job.id);
  record->set_name(job.name);
  record->set_type(job.type);
  record->set_owner(job.owner);
  record->set_state(static_cast<uint32_t>(job.state));
  record->set_percent_complete(job.percent_complete);
  record->set_status(job.status);
  record->set_error_code(job.error_code);
  record->set_error_description(job.error_description);
  record->set_cancellable(job.cancellable);
  for (const JobElement& element : job.affected) {
    JobRecord::Element* added = record->add_affected();
    added->set_entity_kind(element.entity_kind);
    added->set_entity_id(element.entity_id);
  }
  record->set_created(absl::ToUnixMicros(job.created));
  if (job.started != absl::InfinitePast()) record->set_started(absl::ToUnixMicros(job.started));
  record->set_state_changed(absl::ToUnixMicros(job.state_changed));
  if (job.ended != absl::InfiniteFuture()) record->set_ended(absl::ToUnixMicros(job.ended));
  record->set_microseconds_before_removal(absl::ToInt64Microseconds(job.time_before_removal));
  record->set_resolver(job.resolver);
  record->set_intent(job.intent);
  record->set_kind(job.kind);
  record->set_cancel(static_cast<uint32_t>(job.cancel));
  record->set_keep(!job.delete_on_completion);
  record->set_revision(job.revision);
  record->set_created_revision(job.created_revision);
}

absl::StatusOr<Job> FromRecord(const JobRecord& record) {
  RETURN_IF_ERROR(CheckVersion(record.version()));
  if (!IsState(record.state()) || record.type() > std::numeric_limits<uint16_t>::max() ||
      record.percent_complete() > 100 || record.id().empty() ||
      record.cancel() > static_cast<uint32_t>(CancelRequest::kKill)) {
    return absl::DataLossError(absl::StrCat("a bad record of the job \"", record.id(), "\""));
  }
  Job job;
  job.id = record.id();
  job.name = record.name();
  job.type = static_cast<uint16_t>(record.type());
  job.owner = record.owner();
  job.state = static_cast<JobState>(record.state());
  job.percent_complete = static_cast<uint16_t>(record.percent_complete());
  job.status = record.status();
  job.error_code = record.error_code();
  job.error_description = record.error_description();
  job.cancellable = record.cancellable();
  for (const JobRecord::Element& element : record.affected()) {
    job.affected.push_back({element.entity_kind(), element.entity_id()});
  }
  job.created = absl::FromUnixMicros(record.created());
  if (record.has_started()) job.started = absl::FromUnixMicros(record.started());
  job.state_changed = absl::FromUnixMicros(record.state_changed());
  if (record.has_ended()) job.ended = absl::FromUnixMicros(record.ended());
  job.time_before_removal = absl::Microseconds(record.microseconds_before_removal());
  job.resolver = record.resolver();
  job.intent = record.intent();
  job.kind = record.kind();
  job.cancel = static_cast<CancelRequest>(record.cancel());
  job.delete_on_completion = !record.keep();
  job.revision = record.revision();
  job.created_revision = record.created_revision();
  return job;
}

template <typename Record>
absl::Status Parse(absl::string_view bytes, Record* record) {
  if (bytes.size() > std::numeric_limits<int>::max() ||
      !record->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("bytes that are no record of a job");
  }
  return CheckVersion(record->version());
}

}  // namespace

bool IsFinal(JobState state) {
  switch (state) {
    case JobState::kCompleted:
    case JobState::kTerminated:
    case JobState::kKilled:
    case JobState::kException:
    case JobState::kCompletedWithWarnings:
      return true;
    case JobState::kNew:
    case JobState::kStarting:
    case JobState::kRunning:
    case JobState::kSuspended:
    case JobState::kShuttingDown:
    case JobState::kService:
      return false;
  }
  return false;
}

std::string EncodeJob(const Job& job) {
  JobRecord record;
  ToRecord(job, &record);
  return record.SerializeAsString();
}

absl::StatusOr<Job> DecodeJob(absl::string_view bytes) {
  JobRecord record;
  RETURN_IF_ERROR(Parse(bytes, &record));
  return FromRecord(record);
}

std::string EncodeJobChange(const JobChange& change) {
  JobChangeRecord record;
  record.set_version(kVersion);
  if (change.before) ToRecord(*change.before, record.mutable_before());
  if (change.after) ToRecord(*change.after, record.mutable_after());
  return record.SerializeAsString();
}

absl::StatusOr<JobChange> DecodeJobChange(absl::string_view payload) {
  JobChangeRecord record;
  RETURN_IF_ERROR(Parse(payload, &record));
  JobChange change;
  if (record.has_before()) {
    ASSIGN_OR_RETURN(change.before, FromRecord(record.before()));
  }
  if (record.has_after()) {
    ASSIGN_OR_RETURN(change.after, FromRecord(record.after()));
  }
  return change;
}

}  // namespace cimvisor::jobs
