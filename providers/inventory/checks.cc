#include "providers/inventory/checks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/inventory.h"
#include "providers/inventory/part_revisions.h"
#include "providers/inventory/text_check.h"
#include "service/security/conflict.h"
#include "service/security/operation.h"

namespace cimvisor::inventory {
namespace {

constexpr absl::Duration kLongestWait = absl::Seconds(30);
constexpr size_t kShownIdBytes = 64;

}  // namespace

std::string TitleOf(const MachineRecord& record) {
  return absl::StrCat("the machine \"", record.configuration().system().name(), "\" (", record.id(), ")");
}

absl::Time ChangeDeadline(const security::Operation* operation, absl::Time now) {
  const absl::Time longest = now + kLongestWait;
  return operation == nullptr ? longest : std::min(operation->deadline, longest);
}

absl::StatusOr<MachinePointer> FindForChange(const Snapshot& snapshot, absl::string_view machine_id,
                                             const security::Operation* operation, const std::vector<DeviceId>& parts) {
  const MachinePointer machine = snapshot.Find(machine_id);
  if (machine == nullptr) {
    return InventoryError(ErrorKind::kNotFound,
                          absl::StrCat("there is no machine with the id ", PrintableText(machine_id, kShownIdBytes),
                                       ": list the machines to see their ids"));
  }
  if (operation == nullptr || operation->expected_revision == 0) return machine;
  int64_t revision = parts.empty() ? machine->revision : 0;
  for (const DeviceId& part : parts) {
    revision = std::max(revision, RevisionOf(machine->record, part.kind, part.number));
  }
  if (revision > operation->expected_revision) {
    absl::Status status = InventoryError(
        ErrorKind::kConflict,
        absl::StrCat(parts.empty() ? "" : "the settings of ", TitleOf(machine->record), " changed at revision ",
                     revision, ", after the expected revision ", operation->expected_revision, ": read them again"));
    security::AttachConflict({kMachineEntity, machine->id(), operation->expected_revision, revision}, &status);
    return status;
  }
  return machine;
}

}  // namespace cimvisor::inventory
