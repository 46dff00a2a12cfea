// A job as it is kept: the values behind Msvm_ConcreteJob (CIM_ConcreteJob), without any CIM.
#ifndef CIMVISOR_SERVICE_JOBS_JOB_H_
#define CIMVISOR_SERVICE_JOBS_JOB_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cimvisor::jobs {

// CIM_ConcreteJob.JobState, with Hyper-V's 32768.
enum class JobState : uint16_t {
  kNew = 2,
  kStarting = 3,
  kRunning = 4,
  kSuspended = 5,
  kShuttingDown = 6,  // a cancel was asked for and the work is ending
  kCompleted = 7,
  kTerminated = 8,  // cancelled
  kKilled = 9,
  kException = 10,  // failed
  kService = 11,
  kCompletedWithWarnings = 32768,
};

// Who asked a job to end, and how (Msvm_ConcreteJob.RequestStateChange 4 and 5). Both undo what was begun; the state at
// the end says which it was.
enum class CancelRequest : uint8_t { kNone = 0, kTerminate = 1, kKill = 2 };

// True for kCompleted, kTerminated, kKilled, kException and kCompletedWithWarnings.
bool IsFinal(JobState state);

// What a job acts on: the journal's entity kind and id ("machine", GUID).
struct JobElement {
  std::string entity_kind;
  std::string entity_id;
  friend bool operator==(const JobElement&, const JobElement&) = default;
};

// How a job ended.
struct JobOutcome {
  JobState state = JobState::kCompleted;  // a final one
  uint32_t error_code = 0;                // Msvm_ConcreteJob.ErrorCode: 0, or Hyper-V's return code (32768 …)
  std::string error_description = {};     // what was wrong, where, and what to do; with a warning: what was left out
  std::vector<JobElement> affected = {};  // elements that came to be, added to the spec's

  static JobOutcome Completed() { return {}; }
  static JobOutcome CompletedWithWarnings(std::string description) {
    return {JobState::kCompletedWithWarnings, 0, std::move(description), {}};
  }
  static JobOutcome Failed(uint32_t code, std::string description) {
    return {JobState::kException, code, std::move(description), {}};
  }
  static JobOutcome Cancelled(std::string description = "cancelled by request") {
    return {JobState::kTerminated, 0, std::move(description), {}};
  }
};

struct Job {
  std::string id;     // GUID, upper-case: Msvm_ConcreteJob.InstanceID
  std::string kind;   // which class of jobs it is shown as, a word of the view's; empty: the general one
  std::string name;   // "Starting Virtual Machine"
  uint16_t type = 0;  // Msvm_ConcreteJob.JobType
  std::string owner;  // who asked: security::CallerText
  JobState state = JobState::kNew;
  uint16_t percent_complete = 0;  // 0 to 100; 100 once it completed
  std::string status;             // the step it is at, for a person
  uint32_t error_code = 0;
  std::string error_description;
  bool cancellable = false;
  CancelRequest cancel = CancelRequest::kNone;
  std::vector<JobElement> affected;
  absl::Time created = absl::UnixEpoch();                 // TimeSubmitted
  absl::Time started = absl::InfinitePast();              // StartTime; InfinitePast: not yet
  absl::Time state_changed = absl::UnixEpoch();           // TimeOfLastStateChange
  absl::Time ended = absl::InfiniteFuture();              // InfiniteFuture: not yet
  absl::Duration time_before_removal = absl::Minutes(5);  // after its end: TimeBeforeRemoval
  bool delete_on_completion = true;                       // false: it stays until it is deleted
  std::string resolver;          // who says after a restart how it ended ("inventory"); see JobManager::SetResolver
  std::string intent;            // the resolver's own bytes: what the job was about to do
  int64_t revision = 0;          // of its last committed change; 0 in a row of an older program
  int64_t created_revision = 0;  // of its creation

  friend bool operator==(const Job&, const Job&) = default;
};

// The payload of a journal entry of entity kind kJobEntityKind. A creation has no `before`, a deletion no `after`.
struct JobChange {
  std::optional<Job> before;
  std::optional<Job> after;
};

inline constexpr char kJobEntityKind[] = "job";

std::string EncodeJobChange(const JobChange& change);
// kDataLoss when the bytes are no such payload, kFailedPrecondition for one of a newer version.
absl::StatusOr<JobChange> DecodeJobChange(absl::string_view payload);

}  // namespace cimvisor::jobs

#endif  // CIMVISOR_SERVICE_JOBS_JOB_H_
