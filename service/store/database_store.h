// Store over SQLite: the pieces put together.
#ifndef CIMVISOR_SERVICE_STORE_DATABASE_STORE_H_
#define CIMVISOR_SERVICE_STORE_DATABASE_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "service/store/lock_file.h"
#include "service/store/read_pool.h"
#include "service/store/store.h"
#include "service/store/writer.h"

namespace cimvisor::store {

class DatabaseStore : public Store {
 public:
  // `connection` is the writer's, on a migrated database whose `state` has the new epoch.
  DatabaseStore(LockFile lock, std::unique_ptr<Connection> connection, StoreState state, StoreOptions options);

  absl::StatusOr<int64_t> Commit(Change change, absl::Time deadline) override;
  absl::StatusOr<std::vector<SqlRow>> Read(absl::string_view sql, const std::vector<SqlValue>& parameters) override;
  int64_t revision() const override { return writer_.revision(); }
  const std::string& instance_id() const override { return instance_id_; }
  int64_t epoch() const override { return epoch_; }
  void SetJournalSink(JournalSink* sink) override { writer_.SetJournalSink(sink); }
  absl::StatusOr<std::vector<JournalEntry>> ReadJournal(int64_t after, size_t limit) override;
  absl::StatusOr<int64_t> OldestJournalRevision() override;
  absl::Status Backup(const std::string& path) override;

 private:
  const LockFile lock_;
  const std::string instance_id_;
  const int64_t epoch_;
  ReadPool readers_;
  Writer writer_;
};

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_DATABASE_STORE_H_
