#include "providers/virtualization_v2/object_paths.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "providers/schema/msvm_v2/cim_settings.h"
#include "providers/schema/msvm_v2/jobs.h"
#include "providers/schema/msvm_v2/services.h"
#include "providers/schema/msvm_v2/system.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;

// A path whose keys are these texts, by the slot of the property.
cim::ObjectPath PathOf(const cim::Class& cls, std::vector<std::pair<int, std::string>> texts) {
  std::vector<cim::ObjectPath::Key> keys;
  keys.reserve(texts.size());
  for (auto& [slot, text] : texts) {
    keys.emplace_back(cls.properties()[static_cast<size_t>(slot)].name, cim::Value::String(std::move(text)));
  }
  return cim::ObjectPath(cls.name_space(), cls.name(), std::move(keys));
}

bool IsOfClass(const cim::ObjectPath& path, const cim::Class& cls) {
  return absl::EqualsIgnoreCase(path.class_name(), cls.name());
}

// True when the key is absent or has this text.
bool KeyAgrees(const cim::ObjectPath& path, const cim::Class& cls, int slot, absl::string_view text) {
  const std::optional<std::string> key = TextKey(path, cls, slot);
  return !key.has_value() || absl::EqualsIgnoreCase(*key, text);
}

cim::ObjectPath ComputerSystemPath(const ViewContext& context, absl::string_view name) {
  const cim::Class& cls = *context.classes.computer_system;
  return PathOf(cls, {{v2::ComputerSystem::kCreationClassNameSlot, cls.name()},
                      {v2::ComputerSystem::kNameSlot, std::string(name)}});
}

}  // namespace

cim::ObjectPath HostPath(const ViewContext& context) {
  return ComputerSystemPath(context, context.dependencies.host_name);
}

cim::ObjectPath MachinePath(const ViewContext& context, absl::string_view machine_id) {
  return ComputerSystemPath(context, machine_id);
}

cim::ObjectPath SettingsPath(const ViewContext& context, const inventory::DeviceId& id) {
  return PathOf(*ClassOfKind(context, id.kind), {{v2::CimSettingData::kInstanceIDSlot,
                                                  inventory::SettingsInstanceId(id.machine_id, id.kind, id.number)}});
}

cim::ObjectPath ServicePath(const ViewContext& context) {
  using Service = v2::VirtualSystemManagementService;
  const cim::Class& cls = *context.classes.management_service;
  return PathOf(cls, {{Service::kCreationClassNameSlot, cls.name()},
                      {Service::kNameSlot, kServiceName},
                      {Service::kSystemCreationClassNameSlot, context.classes.computer_system->name()},
                      {Service::kSystemNameSlot, context.dependencies.host_name}});
}

cim::ObjectPath JobPath(const ViewContext& context, absl::string_view job_id) {
  return PathOf(*context.classes.job, {{v2::ConcreteJob::kInstanceIDSlot, std::string(job_id)}});
}

std::optional<std::string> TextKey(const cim::ObjectPath& path, const cim::Class& cls, int slot) {
  const cim::Value* value = path.FindKey(cls.properties()[static_cast<size_t>(slot)].name);
  if (value == nullptr && path.keys().size() == 1 && path.keys()[0].first.empty()) value = &path.keys()[0].second;
  if (value == nullptr || value->is_null() || value->is_array() || value->type() != cim::CimType::kString) {
    return std::nullopt;
  }
  return value->string();
}

std::optional<std::string> ComputerSystemName(const ViewContext& context, const cim::ObjectPath& path) {
  const cim::Class& cls = *context.classes.computer_system;
  if (!IsOfClass(path, cls)) return std::nullopt;
  if (!KeyAgrees(path, cls, v2::ComputerSystem::kCreationClassNameSlot, cls.name())) return std::nullopt;
  return TextKey(path, cls, v2::ComputerSystem::kNameSlot);
}

bool IsHostName(const ViewContext& context, absl::string_view computer_system_name) {
  return absl::EqualsIgnoreCase(computer_system_name, context.dependencies.host_name);
}

std::optional<inventory::DeviceId> SettingsOfPath(const ViewContext& context, const cim::ObjectPath& path) {
  const std::optional<std::string> text =
      TextKey(path, *context.classes.system_settings, v2::CimSettingData::kInstanceIDSlot);
  if (!text.has_value()) return std::nullopt;
  std::optional<inventory::DeviceId> id = inventory::ParseSettingsInstanceId(*text);
  if (!id.has_value() || !IsOfClass(path, *ClassOfKind(context, id->kind))) return std::nullopt;
  return id;
}

std::optional<std::string> MachineIdOfPath(const ViewContext& context, const cim::ObjectPath& path) {
  if (const std::optional<std::string> name = ComputerSystemName(context, path); name.has_value()) {
    return IsHostName(context, *name) ? std::nullopt : name;
  }
  const std::optional<inventory::DeviceId> settings = SettingsOfPath(context, path);
  if (!settings.has_value() || settings->kind != inventory::DeviceKind::kSystem) return std::nullopt;
  return settings->machine_id;
}

bool IsServicePath(const ViewContext& context, const cim::ObjectPath& path) {
  using Service = v2::VirtualSystemManagementService;
  const cim::Class& cls = *context.classes.management_service;
  return IsOfClass(path, cls) && KeyAgrees(path, cls, Service::kCreationClassNameSlot, cls.name()) &&
         KeyAgrees(path, cls, Service::kNameSlot, kServiceName) &&
         KeyAgrees(path, cls, Service::kSystemCreationClassNameSlot, context.classes.computer_system->name()) &&
         KeyAgrees(path, cls, Service::kSystemNameSlot, context.dependencies.host_name);
}

std::optional<std::string> JobIdOfPath(const ViewContext& context, const cim::ObjectPath& path) {
  if (!IsOfClass(path, *context.classes.job)) return std::nullopt;
  return TextKey(path, *context.classes.job, v2::ConcreteJob::kInstanceIDSlot);
}

const ClassPointer& ClassOfKind(const ViewContext& context, inventory::DeviceKind kind) {
  switch (kind) {
    case inventory::DeviceKind::kMemory:
      return context.classes.memory_settings;
    case inventory::DeviceKind::kProcessor:
      return context.classes.processor_settings;
    case inventory::DeviceKind::kSerialPort:
      return context.classes.serial_port_settings;
    case inventory::DeviceKind::kLinuxKernel:
      return context.classes.linux_kernel_settings;
    case inventory::DeviceKind::kSystem:
      break;
  }
  return context.classes.system_settings;
}

}  // namespace cimvisor::views
