// What the parts of the inventory share. Private to the room.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_INVENTORY_CORE_H_
#define CIMVISOR_PROVIDERS_INVENTORY_INVENTORY_CORE_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "providers/inventory/event_loop.h"
#include "providers/inventory/failpoints.h"
#include "providers/inventory/inventory.h"
#include "providers/inventory/live_machines.h"
#include "providers/inventory/machine_ledger.h"
#include "providers/inventory/machine_tickets.h"

namespace cimvisor::inventory {

// Counts what is under way, by tokens that its doer holds. Thread-safe.
class Activity {
 public:
  // Keeps the activity from being idle as long as the token lives. The activity outlives its tokens.
  std::shared_ptr<void> Begin() {
    absl::MutexLock lock(&mutex_);
    ++count_;
    return std::shared_ptr<void>(nullptr, [this](void*) {
      absl::MutexLock release(&mutex_);
      --count_;
    });
  }
  void WaitUntilIdle() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* count) { return *count == 0; }, &count_));
  }
  bool idle() const {
    absl::MutexLock lock(&mutex_);
    return count_ == 0;
  }

 private:
  mutable absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

struct InventoryCore {
  InventoryCore(const InventoryDependencies& given, const InventoryOptions& chosen)
      : dependencies(given), options(chosen), ledger(*given.store) {}

  absl::Time Now() const { return dependencies.now ? dependencies.now() : absl::Now(); }
  void Hit(Failpoint failpoint) const {
    if (dependencies.failpoints != nullptr) dependencies.failpoints->Hit(failpoint);
  }
  void Log(LogLevel level, absl::string_view machine_id, absl::string_view text) const {
    if (dependencies.log) dependencies.log(level, machine_id, text);
  }

  const InventoryDependencies dependencies;
  const InventoryOptions options;
  MachineTickets tickets;
  MachineLedger ledger;
  EventLoop events;
  Activity activity;  // the jobs of this room
  std::shared_ptr<LiveMachines> live = std::make_shared<LiveMachines>();
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_INVENTORY_CORE_H_
