#include "providers/inventory/machine_ledger.h"

#include <string>
#include <utility>
#include <vector>

#include "hypervisor-backend/machine/status_macros.h"
#include "providers/inventory/inventory.h"
#include "providers/inventory/part_revisions.h"
#include "providers/inventory/record_table.h"
#include "service/security/operation.h"

namespace cimvisor::inventory {
namespace {

// Null: the machine was not there, or is not there any more.
store::JournalEntry Step(const std::string& id, const MachineRecord* before, int64_t before_revision,
                         const MachineRecord* after) {
  store::JournalEntry entry;
  entry.kind = before == nullptr  ? store::JournalEntry::Kind::kCreated
               : after == nullptr ? store::JournalEntry::Kind::kDeleted
                                  : store::JournalEntry::Kind::kModified;
  entry.entity_kind = kMachineEntity;
  entry.entity_id = id;
  MachineChange payload;
  if (before != nullptr) {
    *payload.mutable_before() = *before;
    payload.set_before_revision(before_revision);
  }
  if (after != nullptr) *payload.mutable_after() = *after;
  entry.payload = payload.SerializeAsString();
  return entry;
}

std::vector<store::JournalEntry> JournalEntriesOf(const MachineLedger::Change& change, const std::string& id) {
  const MachineRecord* before = change.before == nullptr ? nullptr : &change.before->record;
  const int64_t revision = change.before == nullptr ? 0 : change.before->revision;
  const MachineRecord* after = change.after.has_value() ? &*change.after : nullptr;
  if (!change.passing.has_value()) return {Step(id, before, revision, after)};
  return {Step(id, before, revision, &*change.passing), Step(id, &*change.passing, revision, after)};
}

}  // namespace

absl::Status MachineLedger::Load() {
  ASSIGN_OR_RETURN(const std::vector<MachinePointer> machines, ReadMachines(store_));
  Snapshot snapshot;
  for (const MachinePointer& machine : machines) snapshot = snapshot.With(machine);
  Publish(snapshot);
  return absl::OkStatus();
}

std::shared_ptr<const Snapshot> MachineLedger::snapshot() const {
  absl::MutexLock lock(&mutex_);
  return snapshot_;
}

void MachineLedger::Publish(const Snapshot& next) {
  auto published = std::make_shared<const Snapshot>(next);
  absl::MutexLock lock(&mutex_);
  snapshot_.swap(published);  // the old one goes after the lock, if nobody reads it: `published` is older than `lock`
}

absl::StatusOr<MachinePointer> MachineLedger::Commit(Change change) {
  if (change.after.has_value()) {
    MarkChangedParts(change.before == nullptr ? nullptr : &change.before->record, &*change.after);
  }
  const std::string id = change.after.has_value() ? change.after->id() : change.before->id();
  const std::string record = change.after.has_value() ? change.after->SerializeAsString() : std::string();
  const std::vector<store::JournalEntry> journal = JournalEntriesOf(change, id);
  MachinePointer published;

  store::Change commit;
  commit.write = [&](store::Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(change.after.has_value() ? WriteMachine(transaction, id, record) : DeleteMachine(transaction, id));
    if (change.operation != nullptr) RETURN_IF_ERROR(change.operation->Record(transaction));
    if (change.also_write) RETURN_IF_ERROR(change.also_write(transaction));
    for (const store::JournalEntry& entry : journal) transaction.AppendJournal(entry);
    return absl::OkStatus();
  };
  // On the writer thread, one change after another: nobody else replaces the snapshot meanwhile.
  commit.publish = [&](int64_t revision) {
    const std::shared_ptr<const Snapshot> current = snapshot();
    if (change.after.has_value()) {
      FillRevisions(revision, &*change.after);
      published = std::make_shared<const Machine>(Machine{*std::move(change.after), revision});
      Publish(current->With(published));
    } else {
      Publish(current->Without(id, revision));
    }
    if (change.also_publish) change.also_publish();
  };
  const absl::Time deadline = change.operation != nullptr ? change.operation->deadline : absl::InfiniteFuture();
  RETURN_IF_ERROR(store_.Commit(std::move(commit), deadline).status());
  return published;
}

absl::Status MachineLedger::RecordOnly(const security::Operation& operation) {
  store::Change commit;
  commit.write = [&](store::Transaction& transaction) { return operation.Record(transaction); };
  return store_.Commit(std::move(commit), operation.deadline).status();
}

}  // namespace cimvisor::inventory
