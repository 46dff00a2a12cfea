// Transaction over a connection: used for one change, then thrown away.
#ifndef CIMVISOR_SERVICE_STORE_TRANSACTION_H_
#define CIMVISOR_SERVICE_STORE_TRANSACTION_H_

#include <cstdint>
#include <vector>

#include "service/store/connection.h"
#include "service/store/store.h"

namespace cimvisor::store {

class ConnectionTransaction : public Transaction {
 public:
  ConnectionTransaction(Connection& connection, int64_t revision, absl::Time time)
      : connection_(connection), revision_(revision), time_(time) {}

  int64_t revision() const override { return revision_; }
  absl::Time time() const override { return time_; }
  absl::Status Execute(absl::string_view sql, const std::vector<SqlValue>& parameters) override {
    return connection_.Execute(sql, parameters);
  }
  absl::StatusOr<std::vector<SqlRow>> Select(absl::string_view sql, const std::vector<SqlValue>& parameters) override {
    return connection_.Select(sql, parameters);
  }
  void AppendJournal(JournalEntry entry) override {
    entry.revision = revision_;
    entry.index = static_cast<int32_t>(journal_.size());
    entry.time = time_;
    journal_.push_back(std::move(entry));
  }

  // What was appended, in order.
  std::vector<JournalEntry>& journal() { return journal_; }

 private:
  Connection& connection_;
  const int64_t revision_;
  const absl::Time time_;
  std::vector<JournalEntry> journal_;
};

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_TRANSACTION_H_
