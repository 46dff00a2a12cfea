// What a service does at its start about the machines that a former one left: it compares the database with the workers
// that live, adopts those that run, and ends truthfully what was half done.
//
// For each machine with a committed launch:
//   the host was restarted since                    off, with that reason
//   its worker runs or is paused                    adopted; a start, pause or resume that was under way is done
//   its worker was made but runs no guest yet       ended; the start that was under way has failed
//   its worker is turning off                       turned off; that is done
//   its worker has ended, or cannot be reached      off, with how it ended
// A transition that is done by this completes its job; any other fails it, with what became of the machine. Workers
// that no committed launch names are ended by the backend.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_RECONCILE_H_
#define CIMVISOR_PROVIDERS_INVENTORY_RECONCILE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "providers/inventory/inventory_core.h"
#include "service/jobs/job.h"

namespace cimvisor::inventory {

struct Reconciliation {
  std::vector<std::string> notices;                         // one line each, for people
  absl::flat_hash_map<std::string, jobs::JobOutcome> jobs;  // how each unfinished job that a record names truly ended
  std::vector<MachinePointer>
      to_start;  // by the automatic startup action, in its order; only after a start of the host
};

// Once, after the ledger was loaded and before anything else changes.
absl::StatusOr<Reconciliation> Reconcile(InventoryCore& core);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_RECONCILE_H_
