#include "service/security/conflict.h"

#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cimvisor::security {
namespace {

constexpr char kPayloadUrl[] = "cimvisor.security/conflict";

}  // namespace

absl::Status ConflictError(absl::string_view title, const Conflict& conflict) {
  absl::Status status =
      absl::AbortedError(absl::StrCat(title, " was changed at revision ", conflict.revision,
                                      ", after the expected revision ", conflict.expected_revision, ": read it again"));
  AttachConflict(conflict, &status);
  return status;
}

// Four fields; a kind and an id hold no line feed.
void AttachConflict(const Conflict& conflict, absl::Status* status) {
  status->SetPayload(kPayloadUrl, absl::Cord(absl::StrCat(conflict.entity_kind, "\n", conflict.entity_id, "\n",
                                                          conflict.expected_revision, "\n", conflict.revision)));
}

std::optional<Conflict> ConflictOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::vector<std::string> fields = absl::StrSplit(std::string(*payload), '\n');
  Conflict conflict;
  if (fields.size() != 4 || !absl::SimpleAtoi(fields[2], &conflict.expected_revision) ||
      !absl::SimpleAtoi(fields[3], &conflict.revision)) {
    return std::nullopt;
  }
  conflict.entity_kind = fields[0];
  conflict.entity_id = fields[1];
  return conflict;
}

}  // namespace cimvisor::security
