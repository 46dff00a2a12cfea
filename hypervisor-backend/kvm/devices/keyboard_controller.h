// The keyboard controller: Intel's 8042 as a PC has it, with nothing plugged in.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_KEYBOARD_CONTROLLER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_KEYBOARD_CONTROLLER_H_

#include <cstdint>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/kvm/devices/guest_requests.h"
#include "hypervisor-backend/kvm/io_bus.h"

namespace cimvisor::kvm {

// Enough for a guest to find the controller, see that no keyboard and no mouse answer, and reset the machine by its
// output line (command 0xfe, or 0xd1 with bit 0 clear). Its ports are 0x60 and 0x64, with others' between them: two
// devices on the bus, which this object is behind. As a RegisterDevice itself it is the command port.
class KeyboardController final : public RegisterDevice {
 public:
  explicit KeyboardController(GuestRequests* requests) : requests_(requests), data_port_(this) {}

  RegisterDevice* data_port() { return &data_port_; }
  RegisterDevice* command_port() { return this; }

  uint64_t Read(uint32_t offset, uint32_t size) override;  // the status
  void Write(uint32_t offset, uint32_t size, uint64_t value) override;
  void Reset() override;

 private:
  class DataPort final : public RegisterDevice {
   public:
    explicit DataPort(KeyboardController* controller) : controller_(controller) {}
    uint64_t Read(uint32_t, uint32_t) override { return controller_->ReadData(); }
    void Write(uint32_t, uint32_t, uint64_t value) override { controller_->WriteData(static_cast<uint8_t>(value)); }
    void Reset() override {}  // with the controller

   private:
    KeyboardController* const controller_;
  };

  uint8_t ReadData();
  void WriteData(uint8_t value);
  // True when the command resets the machine.
  bool RunCommand(uint8_t command) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Answer(uint8_t value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  GuestRequests* const requests_;
  DataPort data_port_;
  absl::Mutex mutex_;
  std::deque<uint8_t> output_ ABSL_GUARDED_BY(mutex_);     // at most kOutputBytes
  uint8_t command_byte_ ABSL_GUARDED_BY(mutex_) = 0;       // the controller's configuration
  uint8_t awaiting_data_for_ ABSL_GUARDED_BY(mutex_) = 0;  // the command whose argument comes next through 0x60, or 0
  bool last_write_was_command_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_KEYBOARD_CONTROLLER_H_
