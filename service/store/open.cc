// Store::Open: lock, refuse what is not ours to touch, check, migrate, begin a new epoch.
#include <sqlite3.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/cim/status_macros.h"
#include "service/store/backup.h"
#include "service/store/connection.h"
#include "service/store/database_store.h"
#include "service/store/lock_file.h"
#include "service/store/migrate.h"
#include "service/store/schema.h"
#include "service/store/sqlite_error.h"
#include "service/store/state.h"
#include "service/store/store.h"

namespace cimvisor::store {
namespace {

absl::StatusOr<bool> FileExists(const std::string& vfs_name, const std::string& path) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(vfs_name.empty() ? nullptr : vfs_name.c_str());
  if (vfs == nullptr) return absl::InternalError(absl::StrCat("no SQLite VFS \"", vfs_name, "\""));
  int exists = 0;
  const int code = vfs->xAccess(vfs, path.c_str(), SQLITE_ACCESS_EXISTS, &exists);
  if (code != SQLITE_OK) return SqliteError(nullptr, code, "looking for the file", path);
  return exists != 0;
}

absl::StatusOr<int64_t> FileBytes(Connection& connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  sqlite3_int64 bytes = 0;
  const int code =
      file == nullptr || file->pMethods == nullptr ? SQLITE_CANTOPEN : file->pMethods->xFileSize(file, &bytes);
  if (code != SQLITE_OK) return SqliteError(connection.handle(), code, "reading its size", connection.path());
  return int64_t{bytes};
}

// SQLite would delete the log of a database that is empty or gone, and with it what was acknowledged.
absl::Status RefuseLostFile(Connection& connection, bool log_exists) {
  ASSIGN_OR_RETURN(const int64_t bytes, FileBytes(connection));
  if (bytes > 0 || !log_exists) return absl::OkStatus();
  return DamagedError(connection.path(), "it is empty or gone, but its write-ahead log is there");
}

absl::Status Configure(Connection& connection, const StoreOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<SqlRow> mode, connection.Select("PRAGMA journal_mode = WAL"));
  if (mode.size() != 1 || mode[0][0] != SqlValue(std::string("wal"))) {
    return absl::FailedPreconditionError(absl::StrCat(
        options.path, ": SQLite cannot keep a write-ahead log there: put the state folder on a local disk"));
  }
  RETURN_IF_ERROR(connection.Script(absl::StrCat("PRAGMA synchronous = ", options.synchronous)));
  RETURN_IF_ERROR(connection.Script("PRAGMA foreign_keys = ON"));
  return connection.Script(absl::StrCat("PRAGMA wal_autocheckpoint = ", options.checkpoint_pages));
}

absl::StatusOr<StoreState> BeginEpoch(Connection& connection) {
  ASSIGN_OR_RETURN(StoreState state, LoadState(connection));
  ++state.epoch;
  RETURN_IF_ERROR(SaveState(connection, state));  // a transaction by itself
  return state;
}

std::string MigrationBackupPath(const std::string& path, absl::Time now) {
  return absl::StrCat(path, ".before-migration-", absl::FormatTime("%Y%m%dT%H%M%E6S", now, absl::UTCTimeZone()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(StoreOptions options) {
  if (!options.now) options.now = [] { return absl::Now(); };
  ASSIGN_OR_RETURN(LockFile lock, LockFile::Take(options.path));
  ASSIGN_OR_RETURN(const bool log_exists, FileExists(options.vfs, absl::StrCat(options.path, "-wal")));
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                   Connection::Open(options.path, options.vfs, Connection::Access::kCreate));
  connection->SetCheckpointOnClose(false);
  if (connection->read_only()) {
    return absl::FailedPreconditionError(absl::StrCat("the database ", options.path,
                                                      " is read-only: check its owner and mode, and how its disk is "
                                                      "mounted; the service needs to write it"));
  }
  RETURN_IF_ERROR(RefuseLostFile(*connection, log_exists));
  RETURN_IF_ERROR(RefuseForeign(*connection));
  RETURN_IF_ERROR(connection->CheckIntegrity(/*thorough=*/false));
  connection->SetCheckpointOnClose(true);
  RETURN_IF_ERROR(Configure(*connection, options));
  std::vector<Migration> migrations = StoreMigrations();
  migrations.insert(migrations.end(), options.migrations.begin(), options.migrations.end());
  RETURN_IF_ERROR(Migrate(*connection, migrations, options.now(),
                          [&] { return CopyDatabase(*connection, MigrationBackupPath(options.path, absl::Now())); }));
  ASSIGN_OR_RETURN(StoreState state, BeginEpoch(*connection));
  return std::unique_ptr<Store>(
      new DatabaseStore(std::move(lock), std::move(connection), std::move(state), std::move(options)));
}

}  // namespace cimvisor::store
