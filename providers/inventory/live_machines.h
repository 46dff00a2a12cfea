// The machines that run now, and the serial ports that somebody listens to.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_LIVE_MACHINES_H_
#define CIMVISOR_PROVIDERS_INVENTORY_LIVE_MACHINES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "providers/inventory/live_machine.h"

namespace cimvisor::inventory {

// Thread-safe. Held by shared_ptr: the ports reach their machine through it, as long as it is there. Ids in upper case.
class LiveMachines : public std::enable_shared_from_this<LiveMachines> {
 public:
  // Null when the machine does not run.
  std::shared_ptr<LiveMachine> Find(absl::string_view machine_id) const;
  // In place of an earlier run, which has ended.
  void Add(const std::string& machine_id, std::shared_ptr<LiveMachine> machine);
  // Forgets this run, if it is the current one; the backend's machine goes with its last user.
  void Remove(const std::string& machine_id, absl::string_view launch_id);
  // Forgets all, leaving them running.
  void DetachAll();

  // The ports of a machine, made at the first use.
  SerialPorts PortsOf(const std::string& machine_id);
  // Ends the ports of a machine that is gone.
  void EndPorts(const std::string& machine_id, const std::string& reason);

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<LiveMachine>> machines_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, SerialPorts> ports_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_LIVE_MACHINES_H_
