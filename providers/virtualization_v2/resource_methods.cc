// AddResourceSettings, ModifyResourceSettings, RemoveResourceSettings.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "providers/inventory/inventory.h"
#include "providers/schema/msvm_v2/cimvisor.h"
#include "providers/schema/msvm_v2/services.h"
#include "providers/virtualization_v2/object_paths.h"
#include "providers/virtualization_v2/outcome.h"
#include "providers/virtualization_v2/read_point.h"
#include "providers/virtualization_v2/resource_changes.h"
#include "providers/virtualization_v2/service_methods.h"
#include "providers/virtualization_v2/settings_view.h"
#include "service/cim/status_macros.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using inventory::DeviceId;
using inventory::DeviceKind;
using inventory::ErrorKind;
using inventory::InventoryError;
using Service = v2::VirtualSystemManagementService;

std::vector<cim::ObjectPath> PathsOf(const ViewContext& views, const std::vector<ResourceChange>& changes) {
  std::vector<cim::ObjectPath> paths;
  for (const ResourceChange& change : changes) paths.push_back(SettingsPath(views, change.device));
  return paths;
}

// The parts of a machine of which an expected revision is demanded.
std::vector<DeviceId> DevicesOf(const std::vector<ResourceChange>& changes) {
  std::vector<DeviceId> devices;
  for (const ResourceChange& change : changes) devices.push_back(change.device);
  return devices;
}

absl::StatusOr<inventory::MachinePointer> FindMachine(const broker::ReadContext& context, absl::string_view id) {
  inventory::MachinePointer machine = ReadPointOf(context).machines().Find(id);
  if (machine == nullptr) return InventoryError(ErrorKind::kNotFound, absl::StrCat("there is no machine ", id));
  return machine;
}

// The machine that a resource is to be added to.
absl::StatusOr<inventory::MachinePointer> AffectedMachine(const ViewContext& views, const broker::ReadContext& context,
                                                          const cim::ObjectPath* affected) {
  const std::optional<std::string> id = affected == nullptr ? std::nullopt : MachineIdOfPath(views, *affected);
  if (id.has_value()) return FindMachine(context, *id);
  return InventoryError(
      ErrorKind::kInvalidParameter,
      absl::StrCat("AffectedConfiguration ", affected == nullptr ? "(null)" : affected->RelativeText(),
                   " names no machine: give the path of its Msvm_VirtualSystemSettingData"));
}

// Only a kernel comes and goes; the other devices are always there.
absl::Status CheckCanBeAdded(const std::vector<ResourceChange>& changes) {
  if (changes.empty()) {
    return InventoryError(ErrorKind::kInvalidParameter, "ResourceSettings is empty: give the settings to add");
  }
  for (const ResourceChange& change : changes) {
    if (change.device.kind == DeviceKind::kLinuxKernel) continue;
    return InventoryError(
        ErrorKind::kNotSupported,
        absl::StrCat("a machine has its memory, processors and serial ports from the start: change the ",
                     change.wanted->cls().name(), " that is there with ModifyResourceSettings"));
  }
  return absl::OkStatus();
}

absl::Status CheckHasDevices(const std::vector<ResourceChange>& changes, const inventory::MachineRecord& machine,
                             const inventory::Configuration& configuration) {
  inventory::MachineRecord current = machine;
  *current.mutable_configuration() = configuration;
  for (const ResourceChange& change : changes) {
    if (change.device.number < ViewOfKind(change.device.kind).count(current)) continue;
    return InventoryError(
        ErrorKind::kInvalidParameter,
        absl::StrCat("the machine \"", configuration.system().name(), "\" has no ",
                     inventory::SettingsInstanceId(machine.id(), change.device.kind, change.device.number),
                     ": add it with AddResourceSettings"));
  }
  return absl::OkStatus();
}

// The kernel that the references name, all of one machine.
absl::StatusOr<std::string> MachineToTakeKernelFrom(const ViewContext& views,
                                                    const std::vector<cim::ObjectPath>& resources) {
  if (resources.empty()) {
    return InventoryError(ErrorKind::kInvalidParameter, "ResourceSettings is empty: give the settings to remove");
  }
  std::string machine_id;
  for (const cim::ObjectPath& path : resources) {
    const std::optional<DeviceId> device = SettingsOfPath(views, path);
    if (!device.has_value() || device->kind == DeviceKind::kSystem) {
      return InventoryError(ErrorKind::kInvalidParameter,
                            absl::StrCat(path.RelativeText(), " is no resource of a machine"));
    }
    if (device->kind != DeviceKind::kLinuxKernel) {
      return InventoryError(ErrorKind::kNotSupported,
                            absl::StrCat(path.RelativeText(), " cannot be removed: only a ",
                                         v2::CimvisorLinuxKernelSettingData::kClassName, " can"));
    }
    if (!machine_id.empty()) {
      return InventoryError(ErrorKind::kInvalidParameter,
                            absl::StrCat(path.RelativeText(),
                                         " is one too many: a machine has one kernel, and one call "
                                         "changes one machine, all of it or nothing"));
    }
    machine_id = device->machine_id;
  }
  return machine_id;
}

std::vector<cim::ObjectPath> RemovedPaths(const Service::RemoveResourceSettings::In& in) {
  const auto paths = in.resource_settings();
  return paths.has_value() ? std::vector<cim::ObjectPath>(paths->begin(), paths->end())
                           : std::vector<cim::ObjectPath>();
}

}  // namespace

absl::StatusOr<broker::MethodResult> AddResourceSettings(const ViewContext& views, const broker::ReadContext& context,
                                                         security::Operation& operation,
                                                         const broker::MethodCall& call) {
  const Service::AddResourceSettings::In in(call.parameters);
  const absl::StatusOr<inventory::MachinePointer> machine =
      AffectedMachine(views, context, in.affected_configuration());
  if (!machine.ok()) return Failure(views, call, machine.status());
  const absl::StatusOr<std::vector<ResourceChange>> changes =
      IdentifyNewResources((*machine)->id(), in.resource_settings());
  if (!changes.ok()) return Failure(views, call, changes.status());
  if (const absl::Status status = CheckCanBeAdded(*changes); !status.ok()) return Failure(views, call, status);

  Service::AddResourceSettings::Out out;
  out.set_resulting_resource_settings(PathsOf(views, *changes));
  broker::MethodResult result;
  result.out_parameters = std::move(out).Take();
  operation.outcome = broker::SerializeOutcome(*call.method, result);
  const absl::Status status = views.dependencies.inventory
                                  ->ModifyParts(operation, (*machine)->id(), DevicesOf(*changes),
                                                [&](inventory::Configuration& configuration) -> absl::Status {
                                                  RETURN_IF_ERROR(inventory::AddLinuxKernel(configuration, {}));
                                                  return ApplyChanges(views, *changes, (*machine)->record,
                                                                      /*are_new=*/true, configuration);
                                                })
                                  .status();
  return Finish(views, call, status, std::move(result));
}

absl::StatusOr<broker::MethodResult> ModifyResourceSettings(const ViewContext& views,
                                                            const broker::ReadContext& context,
                                                            security::Operation& operation,
                                                            const broker::MethodCall& call) {
  const absl::StatusOr<std::vector<ResourceChange>> changes =
      IdentifyResources(Service::ModifyResourceSettings::In(call.parameters).resource_settings());
  if (!changes.ok()) return Failure(views, call, changes.status());
  const absl::StatusOr<inventory::MachinePointer> machine = FindMachine(context, changes->front().device.machine_id);
  if (!machine.ok()) return Failure(views, call, machine.status());

  Service::ModifyResourceSettings::Out out;
  out.set_resulting_resource_settings(PathsOf(views, *changes));
  broker::MethodResult result;
  result.out_parameters = std::move(out).Take();
  operation.outcome = broker::SerializeOutcome(*call.method, result);
  const absl::Status status =
      views.dependencies.inventory
          ->ModifyParts(operation, (*machine)->id(), DevicesOf(*changes),
                        [&](inventory::Configuration& configuration) -> absl::Status {
                          RETURN_IF_ERROR(CheckHasDevices(*changes, (*machine)->record, configuration));
                          return ApplyChanges(views, *changes, (*machine)->record, /*are_new=*/false, configuration);
                        })
          .status();
  return Finish(views, call, status, std::move(result));
}

absl::StatusOr<broker::MethodResult> RemoveResourceSettings(const ViewContext& views, const broker::ReadContext&,
                                                            security::Operation& operation,
                                                            const broker::MethodCall& call) {
  const absl::StatusOr<std::string> machine_id =
      MachineToTakeKernelFrom(views, RemovedPaths(Service::RemoveResourceSettings::In(call.parameters)));
  if (!machine_id.ok()) return Failure(views, call, machine_id.status());
  broker::MethodResult result;
  result.out_parameters = Service::RemoveResourceSettings::Out().Take();
  operation.outcome = broker::SerializeOutcome(*call.method, result);
  const absl::Status status = views.dependencies.inventory
                                  ->ModifyParts(operation, *machine_id, {{*machine_id, DeviceKind::kLinuxKernel, 0}},
                                                &inventory::RemoveLinuxKernel)
                                  .status();
  return Finish(views, call, status, std::move(result));
}

}  // namespace cimvisor::views
