// DefineSystem, ModifySystemSettings, DestroySystem.
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "providers/inventory/configuration.h"
#include "providers/inventory/guid.h"
#include "providers/inventory/inventory.h"
#include "providers/schema/msvm_v2/services.h"
#include "providers/schema/msvm_v2/system.h"
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
using inventory::DeviceKind;
using inventory::ErrorKind;
using inventory::InventoryError;
using Service = v2::VirtualSystemManagementService;
using Settings = v2::VirtualSystemSettingData;

absl::Status CheckIsSystemSettings(const cim::Instance& settings) {
  if (settings.cls().IsA(Settings::kClassName)) return absl::OkStatus();
  return InventoryError(ErrorKind::kInvalidParameter,
                        absl::StrCat("SystemSettings is a ", settings.cls().name(), ": give a ", Settings::kClassName));
}

// The id of the machine to define: VirtualSystemIdentifier, else a new one.
absl::StatusOr<std::string> ChooseId(const InstancePointer& settings) {
  if (settings == nullptr) return inventory::NewGuid();
  const auto wanted = Settings::View(*settings).virtual_system_identifier();
  if (!wanted.has_value() || wanted->empty()) return inventory::NewGuid();
  if (!inventory::IsGuid(*wanted)) {
    return InventoryError(ErrorKind::kInvalidParameter,
                          absl::StrCat("VirtualSystemIdentifier \"", wanted->substr(0, 80),
                                       "\" is no GUID: leave it out, or give one of 36 characters"));
  }
  return absl::AsciiStrToUpper(*wanted);
}

// What the machine is before its definition says anything: the defaults, or a copy of `reference` (with a firmware
// identity of its own).
absl::StatusOr<inventory::Configuration> StartingPoint(const ViewContext& views, const broker::ReadContext& context,
                                                       const cim::ObjectPath* reference) {
  inventory::Configuration configuration = inventory::DefaultConfiguration(views.dependencies.inventory->limits());
  if (reference == nullptr) return configuration;
  const std::optional<std::string> id = MachineIdOfPath(views, *reference);
  const inventory::MachinePointer machine = id.has_value() ? ReadPointOf(context).machines().Find(*id) : nullptr;
  if (machine == nullptr) {
    return InventoryError(ErrorKind::kInvalidParameter,
                          absl::StrCat("ReferenceConfiguration ", reference->RelativeText(), " names no machine's ",
                                       Settings::kClassName));
  }
  const std::string default_name = configuration.system().name();
  configuration = machine->record.configuration();
  configuration.mutable_system()->set_name(default_name);
  configuration.mutable_system()->clear_bios_guid();
  configuration.mutable_system()->clear_bios_serial_number();
  for (inventory::SerialPortSettings& port : *configuration.mutable_serial_ports()) port.clear_connection();
  return configuration;
}

// The machine that a definition describes, as the inventory will make it but for times and state.
absl::StatusOr<inventory::MachineRecord> Describe(const ViewContext& views, const broker::ReadContext& context,
                                                  const Service::DefineSystem::In& in) {
  inventory::MachineRecord machine;
  const InstancePointer settings = in.system_settings();
  if (settings != nullptr) RETURN_IF_ERROR(CheckIsSystemSettings(*settings));
  ASSIGN_OR_RETURN(*machine.mutable_id(), ChooseId(settings));
  ASSIGN_OR_RETURN(inventory::Configuration configuration, StartingPoint(views, context, in.reference_configuration()));
  if (settings != nullptr) RETURN_IF_ERROR(ViewOfKind(DeviceKind::kSystem).apply(*settings, 0, configuration));
  ASSIGN_OR_RETURN(const std::vector<ResourceChange> changes,
                   IdentifyNewResources(machine.id(), in.resource_settings()));
  RETURN_IF_ERROR(ApplyChanges(views, changes, machine, /*are_new=*/true, configuration));
  *machine.mutable_configuration() = std::move(configuration);
  if (settings != nullptr) {
    const InstancePointer result =
        RenderSettings(views, machine, {machine.id(), DeviceKind::kSystem, 0}, cim::PropertySet::All());
    RETURN_IF_ERROR(CheckHonoured(*settings, *result, /*is_new=*/true));
  }
  return machine;
}

// The machine whose settings `settings` names by its InstanceID.
absl::StatusOr<inventory::MachinePointer> MachineOfSettings(const broker::ReadContext& context,
                                                            const InstancePointer& settings) {
  if (settings == nullptr) {
    return InventoryError(ErrorKind::kInvalidParameter, "SystemSettings is absent: give the settings to change");
  }
  RETURN_IF_ERROR(CheckIsSystemSettings(*settings));
  const auto text = Settings::View(*settings).instance_id();
  const std::optional<inventory::DeviceId> id =
      text.has_value() ? inventory::ParseSettingsInstanceId(*text) : std::nullopt;
  if (!id.has_value() || id->kind != DeviceKind::kSystem) {
    return InventoryError(ErrorKind::kInvalidParameter,
                          absl::StrCat("the InstanceID \"", text.value_or("").substr(0, 120),
                                       "\" of SystemSettings is not of the form Microsoft:<GUID>"));
  }
  inventory::MachinePointer machine = ReadPointOf(context).machines().Find(id->machine_id);
  if (machine == nullptr) {
    return InventoryError(ErrorKind::kNotFound, absl::StrCat("there is no machine ", id->machine_id));
  }
  return machine;
}

}  // namespace

absl::StatusOr<broker::MethodResult> DefineSystem(const ViewContext& views, const broker::ReadContext& context,
                                                  security::Operation& operation, const broker::MethodCall& call) {
  const absl::StatusOr<inventory::MachineRecord> machine =
      Describe(views, context, Service::DefineSystem::In(call.parameters));
  if (!machine.ok()) return Failure(views, call, machine.status());
  Service::DefineSystem::Out out;
  out.set_resulting_system(MachinePath(views, machine->id()));
  broker::MethodResult result;
  result.out_parameters = std::move(out).Take();
  operation.outcome = broker::SerializeOutcome(*call.method, result);
  const absl::Status status =
      views.dependencies.inventory->DefineMachine(operation, machine->id(), machine->configuration()).status();
  return Finish(views, call, status, std::move(result));
}

absl::StatusOr<broker::MethodResult> ModifySystemSettings(const ViewContext& views, const broker::ReadContext& context,
                                                          security::Operation& operation,
                                                          const broker::MethodCall& call) {
  const InstancePointer wanted = Service::ModifySystemSettings::In(call.parameters).system_settings();
  const absl::StatusOr<inventory::MachinePointer> machine = MachineOfSettings(context, wanted);
  if (!machine.ok()) return Failure(views, call, machine.status());
  broker::MethodResult result;
  result.out_parameters = Service::ModifySystemSettings::Out().Take();
  operation.outcome = broker::SerializeOutcome(*call.method, result);
  const absl::Status status =
      views.dependencies.inventory
          ->ModifyParts(operation, (*machine)->id(), {{(*machine)->id(), DeviceKind::kSystem, 0}},
                        [&](inventory::Configuration& configuration) -> absl::Status {
                          RETURN_IF_ERROR(ViewOfKind(DeviceKind::kSystem).apply(*wanted, 0, configuration));
                          inventory::MachineRecord changed = (*machine)->record;
                          *changed.mutable_configuration() = configuration;
                          const InstancePointer after = RenderSettings(
                              views, changed, {changed.id(), DeviceKind::kSystem, 0}, cim::PropertySet::All());
                          return CheckHonoured(*wanted, *after, /*is_new=*/false);
                        })
          .status();
  return Finish(views, call, status, std::move(result));
}

absl::StatusOr<broker::MethodResult> DestroySystem(const ViewContext& views, const broker::ReadContext&,
                                                   security::Operation& operation, const broker::MethodCall& call) {
  const cim::ObjectPath* system = Service::DestroySystem::In(call.parameters).affected_system();
  const std::optional<std::string> id = system == nullptr ? std::nullopt : MachineIdOfPath(views, *system);
  if (!id.has_value()) {
    return Failure(views, call,
                   InventoryError(ErrorKind::kInvalidParameter,
                                  absl::StrCat("AffectedSystem ", system == nullptr ? "(null)" : system->RelativeText(),
                                               " names no machine: give the path of its Msvm_ComputerSystem")));
  }
  broker::MethodResult result;
  result.out_parameters = Service::DestroySystem::Out().Take();
  operation.outcome = broker::SerializeOutcome(*call.method, result);
  return Finish(views, call, views.dependencies.inventory->DestroyMachine(operation, *id), std::move(result));
}

}  // namespace cimvisor::views
