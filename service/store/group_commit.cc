#include "service/store/group_commit.h"

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/store/journal.h"
#include "service/store/transaction.h"

namespace cimvisor::store {
namespace {

absl::Status WriteChange(Connection& connection, const Change& change, ConnectionTransaction& transaction) {
  if (change.write) RETURN_IF_ERROR(change.write(transaction));
  return InsertJournal(connection, transaction.journal());
}

absl::Status UndoSavepoint(Connection& connection) {
  RETURN_IF_ERROR(connection.Execute("ROLLBACK TO change"));
  return connection.Execute("RELEASE change");
}

}  // namespace

bool GroupCommitter::CarryOut(PendingChange& pending, StoreState& next, absl::Status* status) {
  *status = connection_.Execute("SAVEPOINT change");
  if (!status->ok()) return false;
  ConnectionTransaction transaction(connection_, next.revision + 1, now_());
  const absl::Status written = WriteChange(connection_, pending.change, transaction);
  if (!connection_.in_transaction()) {  // SQLite undid everything, as it does on a full disk
    *status = written.ok() ? absl::InternalError("a change ended the transaction of its group") : written;
    return false;
  }
  *status = written.ok() ? connection_.Execute("RELEASE change") : UndoSavepoint(connection_);
  if (!status->ok()) return false;
  if (!written.ok()) {
    pending.revision = written;
    return true;
  }
  pending.journal = std::move(transaction.journal());
  pending.revision = ++next.revision;
  next.journal_rows += static_cast<int64_t>(pending.journal.size());
  for (const JournalEntry& entry : pending.journal) next.journal_bytes += JournalBytes(entry);
  return true;
}

void GroupCommitter::Abandon(const PendingGroup& group, const absl::Status& status) {
  if (connection_.in_transaction()) connection_.Script("ROLLBACK").IgnoreError();
  for (const auto& pending : group) {
    pending->revision = status;
    pending->journal.clear();
  }
}

absl::Status GroupCommitter::CommitTransaction(const StoreState& next) {
  if (next.revision == state_.revision) return connection_.Execute("ROLLBACK");  // every change failed
  RETURN_IF_ERROR(SaveState(connection_, next));
  absl::Status status = connection_.Execute("COMMIT");
  if (!status.ok() && connection_.last_error_was_io()) {
    broken_ = absl::InternalError(absl::StrCat(
        "an I/O error left it unknown whether changes were made; restart the service: ", status.message()));
    return broken_;
  }
  return status;
}

void GroupCommitter::Commit(const PendingGroup& group) {
  absl::Status status = broken_;
  StoreState next = state_;
  if (status.ok()) status = connection_.Execute("BEGIN IMMEDIATE");
  for (size_t i = 0; status.ok() && i < group.size(); ++i) CarryOut(*group[i], next, &status);
  if (status.ok()) status = CommitTransaction(next);
  if (!status.ok()) return Abandon(group, status);
  state_ = next;
}

}  // namespace cimvisor::store
