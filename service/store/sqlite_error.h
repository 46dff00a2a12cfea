// SQLite's result codes as absl::Status with words that help an administrator.
#ifndef CIMVISOR_SERVICE_STORE_SQLITE_ERROR_H_
#define CIMVISOR_SERVICE_STORE_SQLITE_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

struct sqlite3;

namespace cimvisor::store {

// The status of a failed call on `database` (may be null) with the extended result `code`. `what` says what was tried
// ("INSERT INTO …", "opening"); `path` is the file's.
//   full disk           kResourceExhausted     damaged      kDataLoss        read-only        kFailedPrecondition
//   in use              kUnavailable           I/O error    kInternal        unique or key    kAlreadyExists
//   another constraint  kFailedPrecondition    cannot open  kNotFound        too big          kInvalidArgument
absl::Status SqliteError(sqlite3* database, int code, absl::string_view what, const std::string& path);

// kDataLoss for the file at `path`, with `problem` and what to do.
absl::Status DamagedError(const std::string& path, absl::string_view problem);

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_SQLITE_ERROR_H_
