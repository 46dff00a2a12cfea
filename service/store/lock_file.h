// One service on one database: a lock file beside it, held by flock(2) for as long as the process lives.
#ifndef CIMVISOR_SERVICE_STORE_LOCK_FILE_H_
#define CIMVISOR_SERVICE_STORE_LOCK_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace cimvisor::store {

// Move-only; the lock ends with it. The file stays and holds the number of the process that had it last.
class LockFile {
 public:
  // Takes `database_path`.lock. kUnavailable, naming the process, when another holds it; kNotFound when the folder is
  // absent; kFailedPrecondition when it may not be written.
  static absl::StatusOr<LockFile> Take(const std::string& database_path);

  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  ~LockFile();

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_LOCK_FILE_H_
