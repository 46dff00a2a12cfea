// Changes of state: the intent in the call, the work in a job, the result in the job's last commit.
//
// While a machine is in a transitional state, the job that brought it there decides what becomes of it; everybody else
// keeps off (life_cycle.h). So each job ends in exactly one commit that sets a lasting state and ends the job, whatever
// happened meanwhile; when that commit fails, the event loop tries again with what the machine then does (kRepair).
#ifndef CIMVISOR_PROVIDERS_INVENTORY_TRANSITIONS_H_
#define CIMVISOR_PROVIDERS_INVENTORY_TRANSITIONS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "providers/inventory/inventory_core.h"
#include "providers/inventory/life_cycle.h"
#include "service/jobs/job_manager.h"

namespace cimvisor::inventory {

// The name under which jobs of this room ask after a restart how they ended (jobs::JobSpec::resolver).
inline constexpr char kJobResolver[] = "inventory";

// What a record says of a machine that does what `live` does (null: it does not run): a lasting state, no job.
void SetToActualState(MachineRecord& record, const LiveMachine* live, absl::Time now);

class Transitions {
 public:
  explicit Transitions(InventoryCore& core) : core_(core) {}

  // Commits the intent and starts the job. `operation` null: the service's own doing. See
  // Inventory::RequestStateChange.
  absl::StatusOr<std::string> Begin(security::Operation* operation, absl::string_view machine_id, Request request,
                                    absl::FunctionRef<void(const std::string& job_id)> prepared);

 private:
  struct Intent {
    std::string machine_id;
    std::string launch_id;
    Decision decision = Decision::kRefuse;
  };
  using RecordEdit = absl::FunctionRef<void(MachineRecord& record)>;

  jobs::JobOutcome Start(const Intent& intent, jobs::JobContext& context);
  // Makes the worker and runs the guest. The live machine, or why not; then nothing of it is left.
  absl::StatusOr<std::shared_ptr<LiveMachine>> Launch(const Intent& intent, jobs::JobContext& context,
                                                      std::vector<std::string>& warnings);
  jobs::JobOutcome Act(const Intent& intent, jobs::JobContext& context);
  jobs::JobOutcome AfterAction(const Intent& intent, const std::shared_ptr<LiveMachine>& live,
                               const absl::Status& status, jobs::JobContext& context);
  // Commits what `edit` makes of the record together with the end of the job. Returns how the job ended.
  jobs::JobOutcome Finish(const Intent& intent, jobs::JobContext& context, const jobs::JobOutcome& outcome,
                          RecordEdit edit);

  InventoryCore& core_;
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_TRANSITIONS_H_
