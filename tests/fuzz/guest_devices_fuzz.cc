// What a guest writes to its ports: any access of any size, in any order, with input arriving in between. Nothing
// crashes, nothing grows without bound, and every access has an answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "absl/time/time.h"
#include "hypervisor-backend/kvm/devices/cmos_clock.h"
#include "hypervisor-backend/kvm/devices/fakes.h"
#include "hypervisor-backend/kvm/devices/keyboard_controller.h"
#include "hypervisor-backend/kvm/devices/pci_configuration.h"
#include "hypervisor-backend/kvm/devices/power_management.h"
#include "hypervisor-backend/kvm/devices/uart.h"
#include "hypervisor-backend/kvm/io_bus.h"

namespace {

namespace kvm = cimvisor::kvm;

// One step: what to do, at which port, with which value.
struct Step {
  uint8_t action;
  uint8_t size;
  uint16_t port;
  uint64_t value;
};

void TakeStep(const Step& step, const kvm::IoBus& bus, kvm::Uart* uart, kvm::SerialOutput* output) {
  uint8_t data[8];
  std::memcpy(data, &step.value, sizeof data);
  const size_t size = 1 + step.size % sizeof data;
  switch (step.action % 5) {
    case 0:
      bus.Read(step.port, absl::MakeSpan(data, size));
      break;
    case 1:
      bus.Write(step.port, absl::MakeConstSpan(data, size));
      break;
    case 2:
      if (uart->Receive(absl::string_view(reinterpret_cast<const char*>(data), size)) > size) std::abort();
      break;
    case 3:
      if (output->Take(step.port).bytes.size() > step.port) std::abort();
      uart->OnOutputRoom();
      break;
    default:
      bus.ResetDevices();
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kvm::FakeGuestRequests requests;
  kvm::FakeInterruptLine interrupt;
  kvm::SerialOutput output(true, [] {});
  kvm::Uart uart(true, &output, &interrupt);
  kvm::KeyboardController keyboard(&requests);
  kvm::CmosClock clock(uint64_t{3} << 30, 0, [] { return absl::FromUnixSeconds(1'795'000'000); });
  kvm::PciConfiguration pci(&requests);
  kvm::PowerManagement power(&requests, [] { return absl::FromUnixSeconds(1'795'000'000); });
  kvm::IoBus bus;
  bus.Attach(0x00, kvm::Uart::kRegisters, &uart);
  bus.Attach(0x08, 1, keyboard.data_port());
  bus.Attach(0x09, 1, keyboard.command_port());
  bus.Attach(0x0a, kvm::CmosClock::kRegisters, &clock);
  bus.Attach(0x0c, kvm::PciConfiguration::kRegisters, &pci);
  bus.Attach(0x14, kvm::PowerManagement::kRegisters, &power);
  while (size >= sizeof(Step)) {
    Step step;
    std::memcpy(&step, data, sizeof step);
    step.port %= 0x24;  // the devices and a little beyond
    TakeStep(step, bus, &uart, &output);
    data += sizeof step;
    size -= sizeof step;
  }
  return 0;
}
