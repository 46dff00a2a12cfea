#include "service/store/schema.h"

namespace cimvisor::store {
namespace {

constexpr char kState[] = R"(
CREATE TABLE store_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  instance_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  journal_rows INTEGER NOT NULL,
  journal_trimmed INTEGER NOT NULL
) STRICT)";

constexpr char kJournal[] = R"(
CREATE TABLE journal (
  sequence INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  entity_kind TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  payload BLOB NOT NULL
) STRICT)";

constexpr char kRequests[] = R"(
CREATE TABLE requests (
  number INTEGER PRIMARY KEY,
  caller TEXT NOT NULL,
  id TEXT NOT NULL,
  hash BLOB NOT NULL,
  outcome BLOB NOT NULL,
  revision INTEGER NOT NULL,
  time INTEGER NOT NULL,
  UNIQUE (caller, id)
) STRICT)";

constexpr char kAudit[] = R"(
CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  revision INTEGER NOT NULL,
  time INTEGER NOT NULL,
  caller TEXT NOT NULL,
  operation TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL,
  result TEXT NOT NULL
) STRICT)";

constexpr char kAuditDenied[] = "CREATE INDEX audit_denied ON audit (number) WHERE result = 'denied'";

constexpr char kJobs[] = R"(
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  state INTEGER NOT NULL,
  record BLOB NOT NULL
) STRICT, WITHOUT ROWID)";

constexpr char kJournalBytes[] = "ALTER TABLE store_state ADD COLUMN journal_bytes INTEGER NOT NULL DEFAULT 0";

constexpr char kCountJournalBytes[] = R"(
UPDATE store_state SET journal_bytes =
  (SELECT coalesce(sum(length(payload) + length(entity_kind) + length(entity_id)), 0) FROM journal))";

}  // namespace

std::vector<Migration> StoreMigrations() {
  return {{kStoreOwner, 1, {kState, kJournal, kRequests, kAudit, kAuditDenied, kJobs}, nullptr},
          {kStoreOwner, 2, {kJournalBytes, kCountJournalBytes}, nullptr}};
}

}  // namespace cimvisor::store
