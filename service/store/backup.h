// Copies of a database that were opened and checked.
#ifndef CIMVISOR_SERVICE_STORE_BACKUP_H_
#define CIMVISOR_SERVICE_STORE_BACKUP_H_

#include <string>

#include "absl/status/status.h"
#include "service/store/connection.h"

namespace cimvisor::store {

// Copies what `source` sees now into a new file at `path` (always on the default VFS), as one file without a log,
// synced and checked. It gets its name only when it is complete; kAlreadyExists when something is there, also when it
// came there meanwhile. Other connections may write to the source at the same time.
absl::Status CopyDatabase(Connection& source, const std::string& path);

// OK when the file is a whole database of ours; kDataLoss or kFailedPrecondition otherwise. Changes nothing.
absl::Status CheckBackup(const std::string& path);

// fsync(2) of the folder of `path`, so that a new name in it lasts.
absl::Status SyncFolderOf(const std::string& path);

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_BACKUP_H_
