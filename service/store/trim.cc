#include "service/store/trim.h"

#include <algorithm>

#include "service/cim/status_macros.h"
#include "service/store/journal.h"
#include "service/store/sqlite_error.h"

namespace cimvisor::store {
namespace {

constexpr int64_t kStepRows = 1000;

absl::StatusOr<int64_t> Changes(Connection& connection) { return connection.SelectInteger("SELECT changes()"); }

// The last revision that goes: of the rows that are too old, too many or too large, at most kStepRows; 0: none goes.
absl::StatusOr<int64_t> LastRevisionToTrim(Connection& connection, const StoreOptions& options, absl::Time now,
                                           const StoreState& state) {
  const int64_t oldest_time = absl::ToUnixMicros(now - options.journal_age);
  const int64_t excess = state.journal_rows - options.journal_rows;
  int64_t excess_bytes = state.journal_bytes - options.journal_bytes;
  ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                   connection.Select("SELECT sequence, time, length(payload) + length(entity_kind) + length(entity_id) "
                                     "FROM journal ORDER BY sequence LIMIT ?",
                                     {kStepRows}));
  int64_t last = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto* sequence = std::get_if<int64_t>(&rows[i][0]);
    const auto* time = std::get_if<int64_t>(&rows[i][1]);
    const auto* bytes = std::get_if<int64_t>(&rows[i][2]);
    if (sequence == nullptr || time == nullptr || bytes == nullptr) {
      return DamagedError(connection.path(), "a bad row in the journal");
    }
    if (*time >= oldest_time && static_cast<int64_t>(i) >= excess && excess_bytes <= 0) break;
    last = *sequence >> kSequenceShift;
    excess_bytes -= *bytes;
  }
  return last;
}

absl::StatusOr<bool> TrimJournal(Connection& connection, const StoreOptions& options, absl::Time now,
                                 StoreState& state) {
  ASSIGN_OR_RETURN(const int64_t last, LastRevisionToTrim(connection, options, now, state));
  if (last == 0) return false;
  ASSIGN_OR_RETURN(
      const int64_t bytes,
      connection.SelectInteger("SELECT coalesce(sum(length(payload) + length(entity_kind) + length(entity_id)), 0) "
                               "FROM journal WHERE sequence < ?",
                               {(last + 1) << kSequenceShift}));
  RETURN_IF_ERROR(connection.Execute("DELETE FROM journal WHERE sequence < ?", {(last + 1) << kSequenceShift}));
  ASSIGN_OR_RETURN(const int64_t removed, Changes(connection));
  state.journal_rows = std::max<int64_t>(state.journal_rows - removed, 0);
  state.journal_bytes = std::max<int64_t>(state.journal_bytes - bytes, 0);
  state.journal_trimmed = last;
  RETURN_IF_ERROR(SaveState(connection, state));
  return removed >= kStepRows;
}

absl::StatusOr<bool> TrimRequests(Connection& connection, const StoreOptions& options, absl::Time now) {
  RETURN_IF_ERROR(connection.Execute(
      "DELETE FROM requests WHERE number IN (SELECT number FROM requests ORDER BY number LIMIT ?) AND time < ?",
      {kStepRows, absl::ToUnixMicros(now - options.request_age)}));
  ASSIGN_OR_RETURN(const int64_t removed, Changes(connection));
  return removed >= kStepRows;
}

absl::StatusOr<bool> TrimAudit(Connection& connection, const StoreOptions& options) {
  RETURN_IF_ERROR(
      connection.Execute("DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE number <= (SELECT "
                         "max(number) FROM audit) - ? ORDER BY number LIMIT ?)",
                         {options.audit_rows, kStepRows}));
  ASSIGN_OR_RETURN(const int64_t removed, Changes(connection));
  ASSIGN_OR_RETURN(const int64_t denials,
                   connection.SelectInteger("SELECT count(*) FROM audit WHERE result = 'denied'"));
  const int64_t excess = std::min(denials - options.denial_rows, kStepRows);
  if (excess > 0) {
    RETURN_IF_ERROR(
        connection.Execute("DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE result = 'denied' ORDER "
                           "BY number LIMIT ?)",
                           {excess}));
  }
  return removed >= kStepRows || excess >= kStepRows;
}

absl::StatusOr<bool> TrimInTransaction(Connection& connection, const StoreOptions& options, absl::Time now,
                                       StoreState& state) {
  ASSIGN_OR_RETURN(const bool more_journal, TrimJournal(connection, options, now, state));
  ASSIGN_OR_RETURN(const bool more_requests, TrimRequests(connection, options, now));
  ASSIGN_OR_RETURN(const bool more_audit, TrimAudit(connection, options));
  return more_journal || more_requests || more_audit;
}

}  // namespace

absl::StatusOr<bool> TrimStep(Connection& connection, const StoreOptions& options, absl::Time now, StoreState& state) {
  RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  StoreState next = state;
  absl::StatusOr<bool> more = TrimInTransaction(connection, options, now, next);
  absl::Status status = more.status();
  if (status.ok()) status = connection.Execute("COMMIT");
  if (!status.ok()) {
    if (connection.in_transaction()) connection.Script("ROLLBACK").IgnoreError();
    return status;
  }
  state = next;
  return more;
}

}  // namespace cimvisor::store
