// Msvm_SerialPortSettingData: COM 1 and COM 2. Connection has one text, "\\.\pipe\NAME", or "" when nothing is plugged
// in.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "providers/inventory/errors.h"
#include "providers/schema/msvm_v2/settings.h"
#include "providers/virtualization_v2/resource_values.h"
#include "providers/virtualization_v2/settings_rows.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using SerialPort = v2::SerialPortSettingData;

constexpr ResourceTraits kTraits = {inventory::DeviceKind::kSerialPort,
                                    21,
                                    "Microsoft:Hyper-V:Serial Port",
                                    "COM",
                                    "Settings for Microsoft Virtual Serial Port",
                                    "count",
                                    "count"};

int Count(const inventory::MachineRecord& machine) { return machine.configuration().serial_ports_size(); }

InstancePointer Render(const ViewContext& context, const inventory::MachineRecord& machine, int number,
                       const cim::PropertySet& properties) {
  const inventory::SerialPortSettings& settings = machine.configuration().serial_ports(number);
  SerialPort port(context.classes.serial_port_settings);
  FillResource(kTraits, machine, number, properties, port);
  port.set_element_name(settings.name());
  if (properties.Contains(SerialPort::kCaptionSlot)) port.set_caption(settings.name());
  port.set_virtual_quantity(1);
  port.set_reservation(1);
  port.set_limit(1);
  port.set_weight(0);
  if (properties.Contains(SerialPort::kConnectionSlot)) {
    port.set_connection(std::vector<std::string>{settings.connection()});
  }
  port.set_debugger_mode(settings.debugger_mode());
  return std::move(port).Take();
}

absl::Status Apply(const cim::Instance& wanted, int number, inventory::Configuration& configuration) {
  inventory::SerialPortSettings& settings = *configuration.mutable_serial_ports(number);
  const SerialPort port = SerialPort::View(wanted);
  if (port.element_name().has_value()) settings.set_name(std::string(*port.element_name()));
  if (const auto connections = port.connection(); connections.has_value()) {
    if (connections->size() > 1) {
      return inventory::InventoryError(inventory::ErrorKind::kInvalidParameter,
                                       absl::StrCat("a serial port has one Connection, not ", connections->size()));
    }
    settings.set_connection(connections->empty() ? std::string() : std::string(connections->front()));
  }
  if (!wanted.cls().IsA(SerialPort::kClassName)) return absl::OkStatus();
  if (port.debugger_mode().has_value()) settings.set_debugger_mode(*port.debugger_mode());
  return absl::OkStatus();
}

}  // namespace

SettingsView MakeSerialPortSettingsView() {
  return {inventory::DeviceKind::kSerialPort,
          &Count,
          &Render,
          &Apply,
          {{SerialPort::kInstanceIDSlot, TextMeaning::kSettingsInstanceId}}};
}

}  // namespace cimvisor::views
