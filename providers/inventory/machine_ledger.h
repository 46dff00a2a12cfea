// Where machines are changed: each change is one transaction (row, journal, audit, request), then one new snapshot.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_MACHINE_LEDGER_H_
#define CIMVISOR_PROVIDERS_INVENTORY_MACHINE_LEDGER_H_

#include <functional>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "providers/inventory/snapshot.h"
#include "service/store/store.h"

namespace cimvisor::security {
struct Operation;
}  // namespace cimvisor::security

namespace cimvisor::inventory {

// Thread-safe. It orders nothing by itself: whoever changes a machine holds the machine's ticket.
class MachineLedger {
 public:
  explicit MachineLedger(store::Store& store) : store_(store), snapshot_(std::make_shared<const Snapshot>()) {}

  // Reads every machine into the snapshot. Once, before any change.
  absl::Status Load();

  std::shared_ptr<const Snapshot> snapshot() const;

  struct Change {
    MachinePointer before;               // null: a creation
    std::optional<MachineRecord> after;  // nothing: a deletion
    // A state that the machine passed through between the two: the journal has both steps, in one revision.
    std::optional<MachineRecord> passing = {};
    const security::Operation* operation = nullptr;  // recorded in the transaction; null: the service's own change
    std::function<absl::Status(store::Transaction&)> also_write;  // more rows of the same transaction; may be empty
    std::function<void()> also_publish;                           // after the new snapshot is there; may be empty
  };
  // Returns when the change is durable and published, with the machine as it is now (null: deleted). A store's error:
  // nothing was changed.
  absl::StatusOr<MachinePointer> Commit(Change change);

  // Commits the audit and request rows of an operation that had nothing to change.
  absl::Status RecordOnly(const security::Operation& operation);

 private:
  void Publish(const Snapshot& next);

  store::Store& store_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_MACHINE_LEDGER_H_
