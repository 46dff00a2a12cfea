#include "service/store/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/store/schema.h"
#include "service/store/sqlite_error.h"

namespace cimvisor::store {
namespace {

absl::Status FileError(absl::string_view what, const std::string& path) {
  const int error = errno;
  const std::string message = absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(error));
  switch (error) {
    case EEXIST:
      return absl::AlreadyExistsError(absl::StrCat(path, " exists: give the backup another name, or move that away"));
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(absl::StrCat(message, "; free some space there"));
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(absl::StrCat(message, "; its folder must exist"));
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    default:
      return absl::InternalError(message);
  }
}

absl::Status CopyPages(Connection& source, Connection& target) {
  sqlite3_backup* backup = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
  if (backup == nullptr) {
    return SqliteError(target.handle(), sqlite3_extended_errcode(target.handle()), "copying", target.path());
  }
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) return SqliteError(target.handle(), code, "copying", target.path());
  // The copy came in WAL mode; a backup is one file.
  ASSIGN_OR_RETURN(const std::vector<SqlRow> mode, target.Select("PRAGMA journal_mode = DELETE"));
  if (mode.size() != 1 || mode[0][0] != SqlValue(std::string("delete"))) {
    return absl::InternalError(absl::StrCat("cannot make ", target.path(), " a single file"));
  }
  return absl::OkStatus();
}

absl::Status CheckOurs(Connection& connection) {
  ASSIGN_OR_RETURN(const int64_t application, connection.SelectInteger("PRAGMA application_id"));
  if (application != kApplicationId) {
    return absl::FailedPreconditionError(
        absl::StrCat(connection.path(), " is no database of this service: choose a file that `service backup` made"));
  }
  return connection.CheckIntegrity(/*thorough=*/true);
}

// Takes the partial file away unless the copy succeeded.
class Partial {
 public:
  explicit Partial(std::string path) : path_(std::move(path)) {}
  ~Partial() {
    ::unlink(path_.c_str());
    ::unlink(absl::StrCat(path_, "-journal").c_str());
  }
  Partial(const Partial&) = delete;
  Partial& operator=(const Partial&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

absl::Status SyncFolderOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string folder = parent.empty() ? std::string(".") : parent;
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FileError("open", folder);
  const int result = ::fsync(fd);
  absl::Status status = result == 0 ? absl::OkStatus() : FileError("sync", folder);
  ::close(fd);
  return status;
}

absl::Status CheckBackup(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                   Connection::Open(path, "", Connection::Access::kReadOnly));
  return CheckOurs(*connection);
}

absl::Status CopyDatabase(Connection& source, const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, error))) {
    errno = EEXIST;
    return FileError("create", path);
  }
  std::string pattern = absl::StrCat(path, ".partial-XXXXXX");
  const int fd = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (fd < 0) return FileError("create", pattern);
  ::close(fd);
  const Partial partial(pattern);
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<Connection> target,
                     Connection::Open(partial.path(), "", Connection::Access::kReadWrite));
    RETURN_IF_ERROR(target->Script("PRAGMA synchronous = FULL"));
    RETURN_IF_ERROR(CopyPages(source, *target));
  }
  RETURN_IF_ERROR(CheckBackup(partial.path()));
  if (::link(partial.path().c_str(), path.c_str()) != 0) return FileError("create", path);
  return SyncFolderOf(path);
}

}  // namespace cimvisor::store
