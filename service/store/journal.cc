#include "service/store/journal.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/store/sqlite_error.h"
#include "service/store/state.h"

namespace cimvisor::store {
namespace {

int64_t FirstSequence(int64_t revision) { return revision << kSequenceShift; }

absl::StatusOr<JournalEntry> EntryFromRow(Connection& connection, SqlRow& row) {
  const auto* sequence = std::get_if<int64_t>(&row[0]);
  const auto* time = std::get_if<int64_t>(&row[1]);
  const auto* kind = std::get_if<int64_t>(&row[2]);
  auto* entity_kind = std::get_if<std::string>(&row[3]);
  auto* entity_id = std::get_if<std::string>(&row[4]);
  auto* payload = std::get_if<Blob>(&row[5]);
  if (sequence == nullptr || time == nullptr || kind == nullptr || *kind < 1 || *kind > 4 || entity_kind == nullptr ||
      entity_id == nullptr || payload == nullptr) {
    return DamagedError(connection.path(), "a bad row in the journal");
  }
  JournalEntry entry;
  entry.revision = *sequence >> kSequenceShift;
  entry.index = static_cast<int32_t>(*sequence & (FirstSequence(1) - 1));
  entry.time = absl::FromUnixMicros(*time);
  entry.kind = static_cast<JournalEntry::Kind>(*kind);
  entry.entity_kind = std::move(*entity_kind);
  entry.entity_id = std::move(*entity_id);
  entry.payload = std::move(payload->bytes);
  return entry;
}

absl::Status AppendRows(Connection& connection, int64_t from, int64_t below, int64_t limit,
                        std::vector<JournalEntry>* entries) {
  ASSIGN_OR_RETURN(std::vector<SqlRow> rows,
                   connection.Select("SELECT sequence, time, kind, entity_kind, entity_id, payload FROM journal WHERE "
                                     "sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ?",
                                     {from, below, limit}));
  for (SqlRow& row : rows) {
    ASSIGN_OR_RETURN(JournalEntry entry, EntryFromRow(connection, row));
    entries->push_back(std::move(entry));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<JournalEntry>> SelectInTransaction(Connection& connection, int64_t after, int64_t last,
                                                              size_t limit) {
  ASSIGN_OR_RETURN(const StoreState state, LoadState(connection));
  if (after < state.journal_trimmed) {
    return absl::OutOfRangeError(absl::StrCat("the journal no longer holds the changes after revision ", after,
                                              "; the oldest that it holds is ", state.journal_trimmed + 1,
                                              ": read the present state and subscribe from now"));
  }
  std::vector<JournalEntry> entries;
  if (after >= last) return entries;
  RETURN_IF_ERROR(AppendRows(connection, FirstSequence(after + 1), FirstSequence(last + 1),
                             static_cast<int64_t>(std::max<size_t>(limit, 1)), &entries));
  if (entries.size() >= limit && !entries.empty()) {
    const JournalEntry& cut = entries.back();
    RETURN_IF_ERROR(AppendRows(connection, FirstSequence(cut.revision) + cut.index + 1, FirstSequence(cut.revision + 1),
                               static_cast<int64_t>(kMaximumEntriesPerRevision), &entries));
  }
  return entries;
}

}  // namespace

int64_t JournalBytes(const JournalEntry& entry) {
  return static_cast<int64_t>(entry.payload.size() + entry.entity_kind.size() + entry.entity_id.size());
}

absl::Status InsertJournal(Connection& connection, const std::vector<JournalEntry>& entries) {
  if (entries.size() > kMaximumEntriesPerRevision) {
    return absl::InvalidArgumentError(absl::StrCat("one change may touch at most ", kMaximumEntriesPerRevision,
                                                   " entities, not ", entries.size(), ": make it in parts"));
  }
  for (const JournalEntry& entry : entries) {
    RETURN_IF_ERROR(connection.Execute(
        "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)",
        {FirstSequence(entry.revision) + entry.index, absl::ToUnixMicros(entry.time), static_cast<int64_t>(entry.kind),
         entry.entity_kind, entry.entity_id, Blob{entry.payload}}));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<JournalEntry>> SelectJournal(Connection& connection, int64_t after, int64_t last,
                                                        size_t limit) {
  // One read transaction, so that what was trimmed and what is there belong together.
  RETURN_IF_ERROR(connection.Execute("BEGIN"));
  absl::StatusOr<std::vector<JournalEntry>> entries = SelectInTransaction(connection, after, last, limit);
  const absl::Status end = connection.Execute(entries.ok() ? "COMMIT" : "ROLLBACK");
  if (entries.ok() && !end.ok()) return end;
  return entries;
}

}  // namespace cimvisor::store
