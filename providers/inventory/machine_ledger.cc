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

store::JournalEntry JournalEntryOf(const MachineLedger::Change& change, const std::string& id) {
  store::JournalEntry entry;
  entry.kind = change.before == nullptr    ? store::JournalEntry::Kind::kCreated
               : !change.after.has_value() ? store::JournalEntry::Kind::kDeleted
                                           : store::JournalEntry::Kind::kModified;
  entry.entity_kind = kMachineEntity;
  entry.entity_id = id;
  MachineChange payload;
  if (change.before != nullptr) {
    *payload.mutable_before() = change.before->record;
    payload.set_before_revision(change.before->revision);
  }
  if (change.after.has_value()) *payload.mutable_after() = *change.after;
  entry.payload = payload.SerializeAsString();
  return entry;
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
  const store::JournalEntry journal = JournalEntryOf(change, id);
  MachinePointer published;

  store::Change commit;
  commit.write = [&](store::Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(change.after.has_value() ? WriteMachine(transaction, id, record) : DeleteMachine(transaction, id));
    if (change.operation != nullptr) RETURN_IF_ERROR(change.operation->Record(transaction));
    if (change.also_write) RETURN_IF_ERROR(change.also_write(transaction));
    transaction.AppendJournal(journal);
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
