// Embedded resource settings, as methods are given them: which device each means, and what it changes.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_RESOURCE_CHANGES_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_RESOURCE_CHANGES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "providers/inventory/device_ids.h"
#include "providers/inventory/records.pb.h"
#include "providers/virtualization_v2/view_context.h"

namespace cimvisor::views {

// The ResourceSettings of a call, or nothing where it has none.
using EmbeddedInstances = std::optional<std::vector<InstancePointer>>;

struct ResourceChange {
  inventory::DeviceId device;  // machine_id is empty where the machine is not there yet
  InstancePointer wanted;
};

// What the settings mean for a machine that is being defined (machine_id empty), or for one that gets more: the device
// is told by the class, or by ResourceType where the class is a general one; the first serial port is COM 1. Errors
// name the resource by its place in the list: kNotSupported for a kind of device that this service does not have,
// kInvalidParameter for two settings of one device and for what is no resource.
absl::StatusOr<std::vector<ResourceChange>> IdentifyNewResources(absl::string_view machine_id,
                                                                 const EmbeddedInstances& settings);

// What the settings mean for devices that are there: InstanceID tells which, all of one machine. kInvalidParameter when
// one has no InstanceID, one of another class, or one of another machine than the first.
absl::StatusOr<std::vector<ResourceChange>> IdentifyResources(const EmbeddedInstances& settings);

// Applies all changes to `configuration`, then checks that each was honoured (see CheckHonoured). `machine` is what the
// machine is before the change. `are_new`: the devices come with this call.
absl::Status ApplyChanges(const ViewContext& context, const std::vector<ResourceChange>& changes,
                          const inventory::MachineRecord& machine, bool are_new,
                          inventory::Configuration& configuration);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_RESOURCE_CHANGES_H_
