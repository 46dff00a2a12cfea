// RestoreBackup: see store.h. The steps are in an order in which a crash at any point leaves either the old database or
// the new one in place, and the old one always also under its other name.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/store/backup.h"
#include "service/store/connection.h"
#include "service/store/guid.h"
#include "service/store/lock_file.h"
#include "service/store/state.h"
#include "service/store/store.h"

namespace cimvisor::store {
namespace {

// Moves what stands in the write-ahead log into the database and returns its epoch. Fails on a damaged one.
absl::StatusOr<int64_t> FoldLog(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> old, Connection::Open(path, "", Connection::Access::kReadWrite));
  ASSIGN_OR_RETURN(const StoreState state, LoadState(*old));
  RETURN_IF_ERROR(old->Script("PRAGMA journal_mode = DELETE"));
  return state.epoch;
}

absl::Status Link(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("cannot keep ", from, " as ", to, ": ", std::strerror(errno), "; nothing was changed"));
}

// The present database under another name, with its log when that could not be folded in. The names come first, since
// SQLite may delete the log of a damaged database.
absl::StatusOr<int64_t> KeepOld(const std::string& path) {
  const std::string kept =
      absl::StrCat(path, ".replaced-", absl::FormatTime("%Y%m%dT%H%M%E3S", absl::Now(), absl::UTCTimeZone()));
  RETURN_IF_ERROR(Link(path, kept));
  RETURN_IF_ERROR(Link(path + "-wal", kept + "-wal"));
  RETURN_IF_ERROR(SyncFolderOf(path));
  const absl::StatusOr<int64_t> epoch = FoldLog(path);
  if (epoch.ok()) ::unlink(absl::StrCat(kept, "-wal").c_str());
  ::unlink(absl::StrCat(path, "-wal").c_str());  // else it would be taken for the log of the new one
  ::unlink(absl::StrCat(path, "-shm").c_str());
  RETURN_IF_ERROR(SyncFolderOf(path));
  return epoch.value_or(0);
}

absl::Status GiveNewIdentity(const std::string& path, int64_t least_epoch) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> copy, Connection::Open(path, "", Connection::Access::kReadWrite));
  RETURN_IF_ERROR(copy->Script("PRAGMA synchronous = FULL"));
  ASSIGN_OR_RETURN(StoreState state, LoadState(*copy));
  state.instance_id = RandomGuid();
  state.epoch = std::max(state.epoch, least_epoch);
  return SaveState(*copy, state);
}

absl::Status MakeCopy(const std::string& backup, const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> source,
                   Connection::Open(backup, "", Connection::Access::kReadOnly));
  return CopyDatabase(*source, path);
}

absl::Status Replace(const std::string& fresh, const std::string& database_path) {
  int64_t old_epoch = 0;
  std::error_code error;
  if (std::filesystem::exists(database_path, error)) {
    ASSIGN_OR_RETURN(old_epoch, KeepOld(database_path));
  }
  // An old database that cannot be read may have had any epoch; the clock is above all of them, since epochs count
  // starts or come from here.
  RETURN_IF_ERROR(GiveNewIdentity(fresh, std::max(old_epoch, absl::ToUnixSeconds(absl::Now()))));
  if (::rename(fresh.c_str(), database_path.c_str()) != 0) {
    return absl::InternalError(
        absl::StrCat("cannot put the restored database at ", database_path, ": ", std::strerror(errno)));
  }
  return SyncFolderOf(database_path);
}

}  // namespace

absl::Status RestoreBackup(const std::string& backup, const std::string& database_path) {
  ASSIGN_OR_RETURN(const LockFile lock, LockFile::Take(database_path));
  const absl::Status usable = CheckBackup(backup);
  if (!usable.ok()) return cim::WithContext(usable, absl::StrCat("the backup ", backup, " cannot be used: "));
  const std::string fresh = absl::StrCat(database_path, ".restoring");
  ::unlink(fresh.c_str());  // of a restore that was interrupted
  RETURN_IF_ERROR(MakeCopy(backup, fresh));
  absl::Status status = Replace(fresh, database_path);
  if (!status.ok()) ::unlink(fresh.c_str());
  return status;
}

}  // namespace cimvisor::store
