#include "service/store/sqlite_error.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace cimvisor::store {
namespace {

// Long statements are shortened: the message goes to logs and clients.
std::string Shortened(absl::string_view what) {
  constexpr size_t kLimit = 200;
  return what.size() <= kLimit ? std::string(what) : absl::StrCat(what.substr(0, kLimit), "…");
}

bool IsFull(int code, int system_error) {
  return (code & 0xff) == SQLITE_FULL ||
         ((code & 0xff) == SQLITE_IOERR && (system_error == ENOSPC || system_error == EDQUOT));
}

absl::Status ConstraintError(int code, const std::string& message) {
  if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_ROWID) {
    return absl::AlreadyExistsError(message);
  }
  return absl::FailedPreconditionError(message);
}

}  // namespace

absl::Status DamagedError(const std::string& path, absl::string_view problem) {
  return absl::DataLossError(
      absl::StrCat("the database ", path, " is damaged (", problem,
                   "); it was kept as it is: restore a backup with `cimvisord --restore FILE`, or repair it with the "
                   "sqlite3 program's .recover"));
}

absl::Status SqliteError(sqlite3* database, int code, absl::string_view what, const std::string& path) {
  const int system_error = database != nullptr ? sqlite3_system_errno(database) : 0;
  const std::string detail = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  const std::string message = absl::StrCat("database ", path, ": ", Shortened(what), ": ", detail);
  if (IsFull(code, system_error)) {
    return absl::ResourceExhaustedError(absl::StrCat(
        message,
        "; the disk that holds it is full, and nothing of this change was kept: free some space and try again"));
  }
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return DamagedError(path, detail);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::FailedPreconditionError(absl::StrCat(
          message, "; the service must be able to write it: check its owner and mode, and how its disk is mounted"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(absl::StrCat(message, "; another program has it open: end that program"));
    case SQLITE_CANTOPEN:
      return absl::NotFoundError(
          absl::StrCat(message, system_error != 0 ? absl::StrCat(" (", std::strerror(system_error), ")") : "",
                       "; its folder must exist and be writable"));
    case SQLITE_TOOBIG:
      return absl::InvalidArgumentError(message);
    case SQLITE_CONSTRAINT:
      return ConstraintError(code, message);
    case SQLITE_IOERR:
      return absl::InternalError(
          absl::StrCat(message, system_error != 0 ? absl::StrCat(" (", std::strerror(system_error), ")") : "",
                       "; see the kernel's log for its disk"));
    default:
      return absl::InternalError(message);
  }
}

}  // namespace cimvisor::store
