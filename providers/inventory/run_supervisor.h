// Carries out what the observers of running machines noted: records ends, applies the automatic recovery action, and
// makes records agree with what machines do.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_RUN_SUPERVISOR_H_
#define CIMVISOR_PROVIDERS_INVENTORY_RUN_SUPERVISOR_H_

#include "providers/inventory/event_loop.h"
#include "providers/inventory/inventory_core.h"
#include "providers/inventory/transitions.h"

namespace cimvisor::inventory {

// Called by the event loop's thread only.
class RunSupervisor {
 public:
  RunSupervisor(InventoryCore& core, Transitions& transitions) : core_(core), transitions_(transitions) {}

  void Handle(const MachineEvent& event);

 private:
  void HandleEnd(const MachineEvent& event);
  // kSettle and kRepair.
  void HandleDifference(const MachineEvent& event);
  void HandleStart(const MachineEvent& event);
  void HandleReset(const MachineEvent& event);
  // Tries again later: the database did not take the change.
  void Retry(const MachineEvent& event, const absl::Status& status);

  InventoryCore& core_;
  Transitions& transitions_;
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_RUN_SUPERVISOR_H_
