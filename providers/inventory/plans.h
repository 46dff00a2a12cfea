// Dry runs, told to a person: what each change of a machine would do. The callers have checked that it may be done.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_PLANS_H_
#define CIMVISOR_PROVIDERS_INVENTORY_PLANS_H_

#include "providers/inventory/life_cycle.h"
#include "providers/inventory/records.pb.h"
#include "service/security/change_plan.h"

namespace cimvisor::inventory {

void PlanDefine(const MachineRecord& machine, security::ChangePlan* plan);
// `after`: the machine as it would be. Sets machine_must_be_off as soon as the parts that differ demand it.
void PlanModify(const MachineRecord& machine, const Configuration& after, security::ChangePlan* plan);
void PlanDestroy(const MachineRecord& machine, security::ChangePlan* plan);
// A change of state that a job carries out.
void PlanTransition(const MachineRecord& machine, Decision decision, security::ChangePlan* plan);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_PLANS_H_
