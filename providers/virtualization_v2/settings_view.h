// The settings objects of a machine: its system settings and those of each device. For each kind there is one row that
// says how an instance is made from a record, and how an embedded instance changes a configuration.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SETTINGS_VIEW_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SETTINGS_VIEW_H_

#include <vector>

#include "absl/status/status.h"
#include "providers/inventory/device_ids.h"
#include "providers/inventory/records.pb.h"
#include "providers/virtualization_v2/machine_selection.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/cim/instance.h"

namespace cimvisor::views {

struct SettingsView {
  inventory::DeviceKind kind = inventory::DeviceKind::kSystem;

  // How many such objects a machine has.
  int (*count)(const inventory::MachineRecord& machine) = nullptr;

  // Object `number` of a machine. Values outside `properties` may be null.
  InstancePointer (*render)(const ViewContext& context, const inventory::MachineRecord& machine, int number,
                            const cim::PropertySet& properties) = nullptr;

  // Takes over what `wanted` names and does not leave null. Checks only what the configuration cannot hold; the
  // inventory checks the values. What it does not know it leaves alone: see CheckHonoured.
  absl::Status (*apply)(const cim::Instance& wanted, int number, inventory::Configuration& configuration) = nullptr;

  // The properties that lead to a machine.
  std::vector<LookupSlot> lookups;
};

// The row of a kind; every kind has one.
const SettingsView& ViewOfKind(inventory::DeviceKind kind);

// The settings objects of a machine: the system settings first, then the devices.
std::vector<inventory::DeviceId> SettingsOfMachine(const inventory::MachineRecord& machine);

// The revision at which a device became a component of its machine's settings.
int64_t ComponentRevision(const inventory::MachineRecord& machine, inventory::DeviceKind kind);

// The instance of `id`, which must be one of SettingsOfMachine.
InstancePointer RenderSettings(const ViewContext& context, const inventory::MachineRecord& machine,
                               const inventory::DeviceId& id, const cim::PropertySet& properties);

// Nothing is accepted and then not done: an error (kNotSupported) that names each property of `wanted` whose value is
// not that of `result`, which was rendered after the change. `wanted` is of the class of `result` or of a superclass of
// it. Empty texts and empty arrays ask for nothing where `result` has no value. `is_new`: the object was just made, so
// that the key in `wanted` says nothing.
absl::Status CheckHonoured(const cim::Instance& wanted, const cim::Instance& result, bool is_new);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SETTINGS_VIEW_H_
