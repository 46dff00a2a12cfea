// A change that was refused since its object was changed after the revision that the caller had read (optimistic
// concurrency). The refusal says which object of the domain it was, so that the broker can say what changed and who
// changed it.
#ifndef CIMVISOR_SERVICE_SECURITY_CONFLICT_H_
#define CIMVISOR_SERVICE_SECURITY_CONFLICT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cimvisor::security {

struct Conflict {
  std::string entity_kind;  // of the journal: "machine", "job"
  std::string entity_id;
  int64_t expected_revision = 0;  // what the caller had read
  int64_t revision = 0;           // of the last change
};

// kAborted with `message` and the conflict; `title` names the object ("the machine "web"").
absl::Status ConflictError(absl::string_view title, const Conflict& conflict);
// Adds the conflict to an error of another make.
void AttachConflict(const Conflict& conflict, absl::Status* status);
// The conflict that an error carries; nothing when it carries none.
std::optional<Conflict> ConflictOf(const absl::Status& status);

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_CONFLICT_H_
