#include "service/store/migrate.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/store/guid.h"
#include "service/store/schema.h"
#include "service/store/sqlite_error.h"
#include "service/store/state.h"
#include "service/store/transaction.h"

namespace cimvisor::store {
namespace {

using Versions = std::map<std::string, int64_t>;  // by owner

// The steps of each owner must be 1, 2, 3, … in order: anything else is a mistake in the program.
absl::StatusOr<Versions> KnownVersions(const std::vector<Migration>& migrations) {
  Versions versions;
  for (const Migration& migration : migrations) {
    if (migration.version != ++versions[migration.owner]) {
      return absl::InternalError(absl::StrCat("migration ", migration.version, " of \"", migration.owner,
                                              "\" is out of order: ", versions[migration.owner], " was expected"));
    }
  }
  return versions;
}

absl::Status MarkEmptyFile(Connection& connection) {
  ASSIGN_OR_RETURN(const int64_t application, connection.SelectInteger("PRAGMA application_id"));
  if (application == kApplicationId) return absl::OkStatus();
  return connection.Script(
      absl::StrCat("BEGIN IMMEDIATE; CREATE TABLE store_schema (owner TEXT PRIMARY KEY, version INTEGER NOT NULL) "
                   "STRICT; PRAGMA application_id = ",
                   kApplicationId, "; COMMIT"));
}

absl::StatusOr<Versions> VersionsInFile(Connection& connection) {
  ASSIGN_OR_RETURN(const std::vector<SqlRow> rows, connection.Select("SELECT owner, version FROM store_schema"));
  Versions versions;
  for (const SqlRow& row : rows) {
    const auto* owner = std::get_if<std::string>(&row[0]);
    const auto* version = std::get_if<int64_t>(&row[1]);
    if (owner == nullptr || version == nullptr) return DamagedError(connection.path(), "a bad row in store_schema");
    versions[*owner] = *version;
  }
  return versions;
}

absl::Status RefuseNewer(const std::string& path, const Versions& in_file, const Versions& known) {
  for (const auto& [owner, version] : in_file) {
    const auto found = known.find(owner);
    const int64_t ours = found == known.end() ? 0 : found->second;
    if (version > ours) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the database ", path, " has version ", version, " of the schema \"", owner,
          "\", and this program knows only ", ours,
          ": run the newer program that wrote it, or restore a backup from before with `cimvisord --restore FILE`"));
    }
  }
  return absl::OkStatus();
}

absl::Status RunStep(Connection& connection, const Migration& migration, Transaction& transaction) {
  for (const std::string& statement : migration.statements) RETURN_IF_ERROR(connection.Script(statement));
  if (migration.convert) RETURN_IF_ERROR(migration.convert(transaction));
  if (migration.owner == kStoreOwner && migration.version == 1) {
    RETURN_IF_ERROR(connection.Execute("INSERT INTO store_state VALUES (1, ?, 0, 0, 0, 0)", {RandomGuid()}));
  }
  return connection.Execute("INSERT OR REPLACE INTO store_schema VALUES (?, ?)",
                            {migration.owner, int64_t{migration.version}});
}

absl::Status RunMissing(Connection& connection, const std::vector<Migration>& migrations, const Versions& in_file,
                        absl::Time now) {
  for (const Migration& migration : migrations) {
    const auto found = in_file.find(migration.owner);
    if (found != in_file.end() && migration.version <= found->second) continue;
    ConnectionTransaction transaction(connection, 0, now);
    absl::Status status = RunStep(connection, migration, transaction);
    if (status.ok() && !transaction.journal().empty()) {
      status = absl::InternalError("a migration is no change of the domain and may not write to the journal");
    }
    if (!status.ok()) {
      return cim::WithContext(status, absl::StrCat("migration ", migration.version, " of \"", migration.owner, "\": "));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RefuseForeign(Connection& connection) {
  ASSIGN_OR_RETURN(const int64_t application, connection.SelectInteger("PRAGMA application_id"));
  if (application == kApplicationId) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t tables, connection.SelectInteger("SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && tables == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(connection.path(),
                   " is a database of another program; it was left as it is: give the service "
                   "another --state-dir"));
}

absl::Status Migrate(Connection& connection, const std::vector<Migration>& migrations, absl::Time now,
                     const std::function<absl::Status()>& before_change) {
  ASSIGN_OR_RETURN(const Versions known, KnownVersions(migrations));
  RETURN_IF_ERROR(MarkEmptyFile(connection));
  ASSIGN_OR_RETURN(const Versions in_file, VersionsInFile(connection));
  RETURN_IF_ERROR(RefuseNewer(connection.path(), in_file, known));
  if (in_file == known) return absl::OkStatus();
  if (!in_file.empty()) RETURN_IF_ERROR(before_change());
  RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  absl::Status status = RunMissing(connection, migrations, in_file, now);
  if (status.ok()) status = connection.Execute("COMMIT");
  if (!status.ok() && connection.in_transaction()) connection.Script("ROLLBACK").IgnoreError();
  return status;
}

}  // namespace cimvisor::store
