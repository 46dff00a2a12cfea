// The devices of a machine, where they stand on its buses, and their interrupts.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICE_SET_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICE_SET_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "hypervisor-backend/kvm/devices/guest_requests.h"
#include "hypervisor-backend/kvm/devices/serial_output.h"
#include "hypervisor-backend/kvm/devices/uart.h"
#include "hypervisor-backend/kvm/guest_memory.h"
#include "hypervisor-backend/kvm/io_bus.h"
#include "hypervisor-backend/kvm/vm.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::kvm {

// A serial port: the UART, and its output on the way to the observer.
struct SerialPort {
  std::unique_ptr<SerialOutput> output;
  std::unique_ptr<InterruptLine> interrupt;
  std::unique_ptr<Uart> uart;
};

class DeviceSet {
 public:
  // `vm` and `requests` must outlive the devices. `wake` is called, on a vCPU's thread, when a serial port has output.
  DeviceSet(const machine::MachineSpec& spec, const Vm& vm, const GuestMemory& memory, GuestRequests* requests,
            const std::function<void()>& wake);

  const IoBus& ports() const { return ports_; }
  const IoBus& memory_bus() const { return memory_bus_; }
  const std::vector<SerialPort>& serial_ports() const { return serial_ports_; }

  // All devices to the state after power-on. The vCPUs stand still.
  void Reset() const { ports_.ResetDevices(); }

 private:
  template <typename Device, typename... Arguments>
  void AttachPorts(uint16_t first, uint16_t count, Arguments&&... arguments);

  std::vector<SerialPort> serial_ports_;
  std::vector<std::unique_ptr<RegisterDevice>> devices_;
  IoBus ports_;
  IoBus memory_bus_;  // no device has registers in memory but those in the kernel: everything reads as ones
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICE_SET_H_
