#include "providers/virtualization_v2/resource_changes.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "providers/inventory/configuration.h"
#include "providers/inventory/errors.h"
#include "providers/schema/msvm_v2/cim_settings.h"
#include "providers/schema/msvm_v2/cimvisor.h"
#include "providers/schema/msvm_v2/settings.h"
#include "providers/virtualization_v2/settings_view.h"
#include "service/cim/status_macros.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using inventory::DeviceId;
using inventory::DeviceKind;
using inventory::ErrorKind;
using Resource = v2::CimResourceAllocationSettingData;

// More than a machine can have devices; a longer list is refused before it is looked at.
constexpr size_t kMaximumResources = 4096;

absl::Status Invalid(absl::string_view message) { return InventoryError(ErrorKind::kInvalidParameter, message); }

std::optional<DeviceKind> KindOfClass(const cim::Class& cls) {
  if (cls.IsA(v2::MemorySettingData::kClassName)) return DeviceKind::kMemory;
  if (cls.IsA(v2::ProcessorSettingData::kClassName)) return DeviceKind::kProcessor;
  if (cls.IsA(v2::SerialPortSettingData::kClassName)) return DeviceKind::kSerialPort;
  if (cls.IsA(v2::CimvisorLinuxKernelSettingData::kClassName)) return DeviceKind::kLinuxKernel;
  return std::nullopt;
}

// The classes that may stand for any device; every other one says what it is.
bool IsGeneralClass(const cim::Class& cls) {
  return absl::EqualsIgnoreCase(cls.name(), Resource::kClassName) ||
         absl::EqualsIgnoreCase(cls.name(), v2::ResourceAllocationSettingData::kClassName);
}

std::optional<DeviceKind> KindOfResourceType(const Resource& resource) {
  const auto type = resource.resource_type();
  if (!type.has_value()) return std::nullopt;
  switch (static_cast<uint16_t>(*type)) {
    case 3:
      return DeviceKind::kProcessor;
    case 4:
      return DeviceKind::kMemory;
    case 21:
      return DeviceKind::kSerialPort;
    default:
      return std::nullopt;
  }
}

absl::Status NoSuchDevice(const Resource& resource) {
  std::string what = resource.instance().cls().name();
  if (resource.resource_type().has_value()) {
    absl::StrAppend(&what, " with ResourceType ", static_cast<uint32_t>(*resource.resource_type()));
  }
  if (resource.resource_sub_type().has_value()) {
    absl::StrAppend(&what, " (", resource.resource_sub_type()->substr(0, 80), ")");
  }
  return InventoryError(
      ErrorKind::kNotSupported,
      absl::StrCat(what, " is not supported: a machine has memory, processors, two serial ports and a ",
                   "Linux kernel"));
}

// The device that an instance means. Its machine and number are those of its InstanceID, where it has one.
absl::StatusOr<std::pair<DeviceId, bool>> Identify(const InstancePointer& wanted) {
  if (wanted == nullptr) return Invalid("it is null: give an embedded instance");
  const cim::Class& cls = wanted->cls();
  if (!cls.IsA(Resource::kClassName)) {
    return Invalid(absl::StrCat(cls.name(), " is no resource: give a subclass of ", Resource::kClassName));
  }
  const Resource resource = Resource::View(*wanted);
  std::optional<DeviceId> named;
  if (resource.instance_id().has_value()) named = inventory::ParseSettingsInstanceId(*resource.instance_id());
  std::optional<DeviceKind> kind = KindOfClass(cls);
  if (!kind.has_value() && IsGeneralClass(cls)) {
    kind = named.has_value() ? std::optional<DeviceKind>(named->kind) : KindOfResourceType(resource);
  }
  if (!kind.has_value() || *kind == DeviceKind::kSystem) return NoSuchDevice(resource);
  if (named.has_value() && named->kind != *kind) {
    return Invalid(absl::StrCat("its InstanceID ", *resource.instance_id(), " is not of the class ", cls.name()));
  }
  if (named.has_value()) return std::pair(*named, true);
  return std::pair(DeviceId{"", *kind, 0}, false);
}

absl::Status InList(size_t place, const absl::Status& status) {
  return inventory::WithContext(status, absl::StrCat("ResourceSettings[", place, "]"));
}

absl::StatusOr<std::vector<InstancePointer>> ListOf(const EmbeddedInstances& settings) {
  if (!settings.has_value()) return std::vector<InstancePointer>();
  if (settings->size() > kMaximumResources) {
    return Invalid(absl::StrCat("ResourceSettings has ", settings->size(), " elements: at most ", kMaximumResources,
                                " are allowed"));
  }
  return *settings;
}

absl::Status CheckNoDuplicate(const std::vector<ResourceChange>& changes, const DeviceId& device) {
  for (const ResourceChange& change : changes) {
    if (change.device.kind == device.kind && change.device.number == device.number) {
      return Invalid("another element of the list is for the same device: give each device once");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ResourceChange>> IdentifyNewResources(absl::string_view machine_id,
                                                                 const EmbeddedInstances& settings) {
  ASSIGN_OR_RETURN(const std::vector<InstancePointer> list, ListOf(settings));
  std::vector<ResourceChange> changes;
  int next_serial_port = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    absl::StatusOr<std::pair<DeviceId, bool>> identified = Identify(list[i]);
    if (!identified.ok()) return InList(i, identified.status());
    auto [device, is_named] = *std::move(identified);
    device.machine_id = std::string(machine_id);
    if (device.kind == DeviceKind::kSerialPort) {
      if (!is_named) device.number = next_serial_port;
      next_serial_port = device.number + 1;
      if (const absl::Status status = inventory::CheckSerialPort(device.number); !status.ok()) {
        return InList(i, status);
      }
    }
    if (const absl::Status status = CheckNoDuplicate(changes, device); !status.ok()) return InList(i, status);
    changes.push_back({device, list[i]});
  }
  return changes;
}

absl::StatusOr<std::vector<ResourceChange>> IdentifyResources(const EmbeddedInstances& settings) {
  ASSIGN_OR_RETURN(const std::vector<InstancePointer> list, ListOf(settings));
  if (list.empty()) return Invalid("ResourceSettings is empty: give the settings to change");
  std::vector<ResourceChange> changes;
  for (size_t i = 0; i < list.size(); ++i) {
    absl::StatusOr<std::pair<DeviceId, bool>> identified = Identify(list[i]);
    if (!identified.ok()) return InList(i, identified.status());
    auto [device, is_named] = *std::move(identified);
    if (!is_named) {
      return InList(i, Invalid("its InstanceID is absent or no device's: give that of the settings to change"));
    }
    if (!changes.empty() && changes.front().device.machine_id != device.machine_id) {
      return InList(i, Invalid(absl::StrCat("it is of the machine ", device.machine_id, " and the first is of ",
                                            changes.front().device.machine_id,
                                            ": one call changes one machine, all of it or nothing")));
    }
    if (const absl::Status status = CheckNoDuplicate(changes, device); !status.ok()) return InList(i, status);
    changes.push_back({device, list[i]});
  }
  return changes;
}

absl::Status ApplyChanges(const ViewContext& context, const std::vector<ResourceChange>& changes,
                          const inventory::MachineRecord& machine, bool are_new,
                          inventory::Configuration& configuration) {
  for (size_t i = 0; i < changes.size(); ++i) {
    const ResourceChange& change = changes[i];
    const absl::Status status =
        ViewOfKind(change.device.kind).apply(*change.wanted, change.device.number, configuration);
    if (!status.ok()) return InList(i, status);
  }
  inventory::MachineRecord changed = machine;
  *changed.mutable_configuration() = configuration;
  for (size_t i = 0; i < changes.size(); ++i) {
    DeviceId device = changes[i].device;
    device.machine_id = machine.id();
    const InstancePointer result = RenderSettings(context, changed, device, cim::PropertySet::All());
    if (const absl::Status status = CheckHonoured(*changes[i].wanted, *result, are_new); !status.ok()) {
      return InList(i, status);
    }
  }
  return absl::OkStatus();
}

}  // namespace cimvisor::views
