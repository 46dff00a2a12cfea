// Carries out a group of changes as one SQLite transaction, each in a savepoint of its own.
#ifndef CIMVISOR_SERVICE_STORE_GROUP_COMMIT_H_
#define CIMVISOR_SERVICE_STORE_GROUP_COMMIT_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "service/store/connection.h"
#include "service/store/state.h"
#include "service/store/store.h"

namespace cimvisor::store {

// A change that waits for the writer, and then what became of it. Written by the writer thread until `done`.
struct PendingChange {
  Change change;
  absl::StatusOr<int64_t> revision = absl::UnknownError("not carried out");
  std::vector<JournalEntry> journal;
  absl::Notification done;
};
using PendingGroup = std::vector<std::shared_ptr<PendingChange>>;

// Used by the writer thread alone.
class GroupCommitter {
 public:
  GroupCommitter(Connection& connection, StoreState& state, std::function<absl::Time()> now)
      : connection_(connection), state_(state), now_(std::move(now)) {}

  // Sets the result of each change of the group. Those that succeeded are durable; `state` follows them. After an I/O
  // error at the commit nothing is known of the group, and this and every later one fails (see Store::Commit): a
  // second fsync(2) after a failed one would report success for what was lost.
  void Commit(const PendingGroup& group);

 private:
  // False: the whole transaction is lost, with `status` why.
  bool CarryOut(PendingChange& pending, StoreState& next, absl::Status* status);
  void Abandon(const PendingGroup& group, const absl::Status& status);
  absl::Status CommitTransaction(const StoreState& next);

  Connection& connection_;
  StoreState& state_;
  const std::function<absl::Time()> now_;
  absl::Status broken_;
};

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_GROUP_COMMIT_H_
