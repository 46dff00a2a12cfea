#include "providers/virtualization_v2/settings_view.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "providers/inventory/errors.h"
#include "providers/virtualization_v2/settings_rows.h"

namespace cimvisor::views {
namespace {

// Ordered by DeviceKind, which is the order in which a machine's settings are listed.
const std::array<SettingsView, 5>& Rows() {
  static const std::array<SettingsView, 5>* const rows =
      new std::array<SettingsView, 5>{MakeSystemSettingsView(), MakeMemorySettingsView(), MakeProcessorSettingsView(),
                                      MakeSerialPortSettingsView(), MakeLinuxKernelSettingsView()};
  return *rows;
}

bool AsksForNothing(const cim::Value& value) {
  if (value.is_array()) {
    return std::all_of(value.elements().begin(), value.elements().end(),
                       [](const cim::Value& element) { return element.is_null() || AsksForNothing(element); });
  }
  return value.type() == cim::CimType::kString && value.string().empty();
}

// Texts that can be set are kept as they were given; in the others (GUIDs, InstanceIDs) case says nothing.
bool Agrees(const cim::Value& wanted, const cim::Value& result) {
  if (wanted == result) return true;
  if (result.is_null()) return AsksForNothing(wanted);
  if (wanted.type() != cim::CimType::kString || wanted.is_array()) return false;
  return absl::EqualsIgnoreCase(wanted.string(), result.string());
}

}  // namespace

const SettingsView& ViewOfKind(inventory::DeviceKind kind) { return Rows()[static_cast<size_t>(kind)]; }

std::vector<inventory::DeviceId> SettingsOfMachine(const inventory::MachineRecord& machine) {
  std::vector<inventory::DeviceId> ids;
  for (const SettingsView& view : Rows()) {
    const int count = view.count(machine);
    for (int number = 0; number < count; ++number) ids.push_back({machine.id(), view.kind, number});
  }
  return ids;
}

int64_t ComponentRevision(const inventory::MachineRecord& machine, inventory::DeviceKind kind) {
  return kind == inventory::DeviceKind::kLinuxKernel ? machine.revisions().linux_kernel_presence()
                                                     : machine.revisions().created();
}

InstancePointer RenderSettings(const ViewContext& context, const inventory::MachineRecord& machine,
                               const inventory::DeviceId& id, const cim::PropertySet& properties) {
  return ViewOfKind(id.kind).render(context, machine, id.number, properties);
}

absl::Status CheckHonoured(const cim::Instance& wanted, const cim::Instance& result, bool is_new) {
  const cim::SharedList<cim::Property>& properties = wanted.cls().properties();
  std::vector<std::string> refused;
  for (size_t i = 0; i < properties.size(); ++i) {
    const int slot = static_cast<int>(i);
    const cim::Property& property = properties[i];
    if (!wanted.IsMentioned(slot) || wanted.value(slot).is_null() || property.is_volatile) continue;
    if (is_new && property.is_key) continue;
    // A slot of a superclass is the same slot here; what only the class of `wanted` has is not.
    const bool known = i < result.cls().properties().size() && result.cls().properties()[i].name == property.name;
    if (known && Agrees(wanted.value(slot), result.value(slot))) continue;
    if (!known && AsksForNothing(wanted.value(slot))) continue;
    refused.push_back(absl::StrCat(property.name, " = ", wanted.value(slot).ToText().substr(0, 80)));
  }
  if (refused.empty()) return absl::OkStatus();
  return inventory::InventoryError(
      inventory::ErrorKind::kNotSupported,
      absl::StrCat("of ", result.Path().RelativeText(), " these cannot be set: ", absl::StrJoin(refused, ", "),
                   "; leave them out, or null, to keep what is there"));
}

}  // namespace cimvisor::views
