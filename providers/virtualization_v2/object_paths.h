// The object paths of this namespace, made and read. Paths carry the namespace and no host.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_OBJECT_PATHS_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_OBJECT_PATHS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "providers/inventory/device_ids.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/cim/object_path.h"

namespace cimvisor::views {

// The name of the management service ("vmms"): its key, and what Hyper-V's clients look for.
inline constexpr char kServiceName[] = "vmms";

cim::ObjectPath HostPath(const ViewContext& context);
cim::ObjectPath MachinePath(const ViewContext& context, absl::string_view machine_id);
cim::ObjectPath SettingsPath(const ViewContext& context, const inventory::DeviceId& id);
cim::ObjectPath ServicePath(const ViewContext& context);
cim::ObjectPath JobPath(const ViewContext& context, absl::string_view job_id);

// The text of a string key, found by the slot of its property (a single key may stand without its name); nothing when
// it is absent or no text.
std::optional<std::string> TextKey(const cim::ObjectPath& path, const cim::Class& cls, int slot);

// The Name of the Msvm_ComputerSystem that `path` names: the host's, or a machine's GUID as it stands there. Nothing
// when it is no path of that class.
std::optional<std::string> ComputerSystemName(const ViewContext& context, const cim::ObjectPath& path);
bool IsHostName(const ViewContext& context, absl::string_view computer_system_name);

// The settings object that `path` names; nothing when it is none, or when its class is not that of its InstanceID.
std::optional<inventory::DeviceId> SettingsOfPath(const ViewContext& context, const cim::ObjectPath& path);

// The machine that `path` names as Msvm_ComputerSystem or by its Msvm_VirtualSystemSettingData; nothing for the host
// and for everything else.
std::optional<std::string> MachineIdOfPath(const ViewContext& context, const cim::ObjectPath& path);

bool IsServicePath(const ViewContext& context, const cim::ObjectPath& path);
std::optional<std::string> JobIdOfPath(const ViewContext& context, const cim::ObjectPath& path);

// The class of the settings objects of a kind.
const ClassPointer& ClassOfKind(const ViewContext& context, inventory::DeviceKind kind);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_OBJECT_PATHS_H_
