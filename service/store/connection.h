// One SQLite connection with its prepared statements.
#ifndef CIMVISOR_SERVICE_STORE_CONNECTION_H_
#define CIMVISOR_SERVICE_STORE_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/store/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace cimvisor::store {

// Used by one thread at a time.
class Connection {
 public:
  enum class Access : uint8_t { kReadOnly, kReadWrite, kCreate };

  // `vfs` empty: the default one. Errors as in sqlite_error.h.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& path, const std::string& vfs,
                                                          Access access);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One statement, prepared once and kept by its text.
  absl::Status Execute(absl::string_view sql, const std::vector<SqlValue>& parameters = {});
  absl::StatusOr<std::vector<SqlRow>> Select(absl::string_view sql, const std::vector<SqlValue>& parameters = {});
  // The first column of the only row, an integer; kNotFound when there is no row.
  absl::StatusOr<int64_t> SelectInteger(absl::string_view sql, const std::vector<SqlValue>& parameters = {});
  // Any number of statements without parameters; not kept.
  absl::Status Script(const std::string& sql);

  // Between BEGIN and COMMIT. SQLite ends a transaction by itself on some errors (a full disk).
  bool in_transaction() const;
  bool read_only() const;
  // Of the last call: the system failed to read, write or sync, other than for a full disk that SQLite noticed before
  // it wrote.
  bool last_error_was_io() const;

  // Whether closing the last connection moves the log into the database. Off while it is not known to be sound, so that
  // a damaged one stays as it is.
  void SetCheckpointOnClose(bool checkpoint);

  // kDataLoss when SQLite's check finds a fault. `thorough` also compares indexes with tables; otherwise, on a file
  // above 64 MiB, the logs (journal, audit, requests) are left out, whose faults show when they are read.
  absl::Status CheckIntegrity(bool thorough);

  sqlite3* handle() { return database_; }
  const std::string& path() const { return path_; }

 private:
  Connection(sqlite3* database, std::string path) : database_(database), path_(std::move(path)) {}
  absl::StatusOr<sqlite3_stmt*> Prepare(absl::string_view sql);
  absl::Status Bind(sqlite3_stmt* statement, absl::string_view sql, const std::vector<SqlValue>& parameters);
  absl::Status RunCheck(const std::string& pragma);
  void FinalizeAll();

  sqlite3* database_;
  std::string path_;
  absl::flat_hash_map<std::string, sqlite3_stmt*> statements_;
};

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_CONNECTION_H_
