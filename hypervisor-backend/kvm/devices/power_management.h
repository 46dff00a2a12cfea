// ACPI's fixed hardware (ACPI 6.4 §4.8): the PM1a registers, by which the guest powers off, and the timer.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_POWER_MANAGEMENT_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_POWER_MANAGEMENT_H_

#include <cstdint>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "hypervisor-backend/kvm/devices/guest_requests.h"
#include "hypervisor-backend/kvm/io_bus.h"

namespace cimvisor::kvm {

// Registers by offset: 0 PM1 status (2 bytes), 2 PM1 enable (2), 4 PM1 control (2), 8 PM timer (4, 3.579545 MHz, 32
// bits). No event is ever pending; the machine is always in ACPI mode.
class PowerManagement final : public RegisterDevice {
 public:
  static constexpr uint32_t kRegisters = 12;
  // The sleep type of S5 in the DSDT's \_S5 package.
  static constexpr uint32_t kSleepTypeOff = 5;

  // `clock` gives the time that the timer counts.
  PowerManagement(GuestRequests* requests, std::function<absl::Time()> clock);

  uint32_t widest_access() const override { return 4; }
  uint64_t Read(uint32_t offset, uint32_t size) override;
  void Write(uint32_t offset, uint32_t size, uint64_t value) override;
  void Reset() override;

 private:
  uint32_t TimerTicks() const;

  GuestRequests* const requests_;
  const std::function<absl::Time()> clock_;
  const absl::Time start_;
  absl::Mutex mutex_;
  uint16_t enable_ ABSL_GUARDED_BY(mutex_) = 0;
  uint16_t control_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_POWER_MANAGEMENT_H_
