#include "hypervisor-backend/kvm/device_set.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/time/clock.h"
#include "hypervisor-backend/kvm/boot/layout.h"
#include "hypervisor-backend/kvm/devices/cmos_clock.h"
#include "hypervisor-backend/kvm/devices/keyboard_controller.h"
#include "hypervisor-backend/kvm/devices/pci_configuration.h"
#include "hypervisor-backend/kvm/devices/power_management.h"

namespace cimvisor::kvm {
namespace {

struct SerialPlace {
  uint16_t port;
  uint32_t interrupt;
};
constexpr std::array<SerialPlace, 2> kSerialPlaces = {{{0x3f8, 4}, {0x2f8, 3}}};

constexpr uint16_t kKeyboardPort = 0x60;
constexpr uint16_t kKeyboardCommandPort = 0x64;
constexpr uint16_t kClockPort = 0x70;
constexpr uint16_t kPciPort = 0xcf8;

class VmInterruptLine final : public InterruptLine {
 public:
  VmInterruptLine(const Vm& vm, uint32_t line) : vm_(vm), line_(line) {}
  void Set(bool asserted) override { vm_.SetInterruptLine(line_, asserted); }

 private:
  const Vm& vm_;
  const uint32_t line_;
};

}  // namespace

template <typename Device, typename... Arguments>
void DeviceSet::AttachPorts(uint16_t first, uint16_t count, Arguments&&... arguments) {
  auto device = std::make_unique<Device>(std::forward<Arguments>(arguments)...);
  ports_.Attach(first, count, device.get());
  devices_.push_back(std::move(device));
}

DeviceSet::DeviceSet(const machine::MachineSpec& spec, const Vm& vm, const GuestMemory& memory, GuestRequests* requests,
                     const std::function<void()>& wake) {
  for (size_t i = 0; i < std::min(spec.serial_ports.size(), kSerialPlaces.size()); ++i) {
    SerialPort port;
    port.output = std::make_unique<SerialOutput>(spec.serial_ports[i].connected, wake);
    port.interrupt = std::make_unique<VmInterruptLine>(vm, kSerialPlaces[i].interrupt);
    port.uart = std::make_unique<Uart>(spec.serial_ports[i].connected, port.output.get(), port.interrupt.get());
    ports_.Attach(kSerialPlaces[i].port, Uart::kRegisters, port.uart.get());
    serial_ports_.push_back(std::move(port));
  }
  auto keyboard = std::make_unique<KeyboardController>(requests);
  ports_.Attach(kKeyboardPort, 1, keyboard->data_port());
  ports_.Attach(kKeyboardCommandPort, 1, keyboard->command_port());
  devices_.push_back(std::move(keyboard));
  AttachPorts<CmosClock>(kClockPort, CmosClock::kRegisters, memory.low_end(), memory.size() - memory.low_end(),
                         absl::Now);
  AttachPorts<PciConfiguration>(kPciPort, PciConfiguration::kRegisters, requests);
  AttachPorts<PowerManagement>(kPowerManagementPort, PowerManagement::kRegisters, requests, absl::Now);
}

}  // namespace cimvisor::kvm
