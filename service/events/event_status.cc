#include "service/events/event_status.h"

#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/events/event_hub.h"

namespace cimvisor::events {
namespace {

// Payloads of a status: a revision in decimal.
constexpr char kResumeUrl[] = "cimvisor.events/resume_after";
constexpr char kOldestUrl[] = "cimvisor.events/oldest";

std::optional<int64_t> RevisionPayload(const absl::Status& status, const char* url) {
  const auto payload = status.GetPayload(url);
  int64_t revision = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &revision)) return std::nullopt;
  return revision;
}

}  // namespace

absl::Status CutStatus(int64_t resume_after) {
  absl::Status status = absl::AbortedError(
      absl::StrCat("the watcher read more slowly than events came and was cut: subscribe again after revision ",
                   resume_after, ", and read faster or watch less"));
  status.SetPayload(kResumeUrl, absl::Cord(absl::StrCat(resume_after)));
  return status;
}

absl::Status TrimmedStatus(int64_t after, int64_t oldest) {
  absl::Status status = absl::OutOfRangeError(absl::StrCat("the journal no longer holds the changes after revision ",
                                                           after, "; the oldest that it holds is ", oldest,
                                                           ": read the present state and subscribe from now"));
  status.SetPayload(kOldestUrl, absl::Cord(absl::StrCat(oldest)));
  return status;
}

absl::Status FutureStatus(int64_t after, int64_t last) {
  return absl::OutOfRangeError(
      absl::StrCat("revision ", after, " was never made here, the last is ", last,
                   "; it is of another server, or of a database that was replaced by a backup: read the present state "
                   "and subscribe from now"));
}

absl::Status ClosingStatus() {
  return absl::UnavailableError("the service is shutting down: subscribe again when it is back");
}

std::optional<int64_t> ResumeRevision(const absl::Status& status) { return RevisionPayload(status, kResumeUrl); }
std::optional<int64_t> OldestRevision(const absl::Status& status) { return RevisionPayload(status, kOldestUrl); }

}  // namespace cimvisor::events
