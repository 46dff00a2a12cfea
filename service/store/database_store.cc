#include "service/store/database_store.h"

#include <utility>

#include "service/cim/status_macros.h"
#include "service/store/backup.h"
#include "service/store/journal.h"

namespace cimvisor::store {

DatabaseStore::DatabaseStore(LockFile lock, std::unique_ptr<Connection> connection, StoreState state,
                             StoreOptions options)
    : lock_(std::move(lock)),
      instance_id_(state.instance_id),
      epoch_(state.epoch),
      readers_(options.path, options.vfs),
      writer_(std::move(connection), std::move(state), std::move(options)) {}

absl::StatusOr<int64_t> DatabaseStore::Commit(Change change, absl::Time deadline) {
  return writer_.Commit(std::move(change), deadline);
}

absl::StatusOr<std::vector<SqlRow>> DatabaseStore::Read(absl::string_view sql,
                                                        const std::vector<SqlValue>& parameters) {
  ASSIGN_OR_RETURN(const ReadPool::Lease reader, readers_.Take());
  return reader->Select(sql, parameters);
}

absl::StatusOr<std::vector<JournalEntry>> DatabaseStore::ReadJournal(int64_t after, size_t limit) {
  const int64_t last = writer_.revision();  // what is durable but not yet published is not shown
  ASSIGN_OR_RETURN(const ReadPool::Lease reader, readers_.Take());
  return SelectJournal(*reader, after, last, limit);
}

absl::StatusOr<int64_t> DatabaseStore::OldestJournalRevision() {
  ASSIGN_OR_RETURN(const ReadPool::Lease reader, readers_.Take());
  ASSIGN_OR_RETURN(const StoreState state, LoadState(*reader));
  return state.journal_trimmed + 1;
}

absl::Status DatabaseStore::Backup(const std::string& path) {
  ASSIGN_OR_RETURN(const ReadPool::Lease reader, readers_.Take());
  return CopyDatabase(*reader, path);
}

}  // namespace cimvisor::store
