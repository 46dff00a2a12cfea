// What every change of an existing machine begins with.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_CHECKS_H_
#define CIMVISOR_PROVIDERS_INVENTORY_CHECKS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "providers/inventory/device_ids.h"
#include "providers/inventory/snapshot.h"

namespace cimvisor::security {
struct Operation;
}  // namespace cimvisor::security

namespace cimvisor::inventory {

// "the machine "web" (GUID)", for messages.
std::string TitleOf(const MachineRecord& record);

// How long a change waits for another one of the same machine: the operation's deadline, and half a minute at most.
absl::Time ChangeDeadline(const security::Operation* operation, absl::Time now);

// The machine, or kNotFound; kConflict (with a security::Conflict) when the operation expects an older revision of one
// of the `parts`, or of the machine as a whole when there are none. `operation` may be null.
absl::StatusOr<MachinePointer> FindForChange(const Snapshot& snapshot, absl::string_view machine_id,
                                             const security::Operation* operation,
                                             const std::vector<DeviceId>& parts = {});

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_CHECKS_H_
