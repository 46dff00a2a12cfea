// The real-time clock and its battery-backed memory: Motorola's MC146818 as a PC has it.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_CMOS_CLOCK_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_CMOS_CLOCK_H_

#include <array>
#include <cstdint>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "hypervisor-backend/kvm/io_bus.h"

namespace cimvisor::kvm {

// Ports 0x70 (index) and 0x71 (data). The date is UTC, in BCD or binary and 12 or 24 hours as status B says; a guest
// that sets it moves its own clock, not the host's. No alarm and no periodic interrupt. The memory says how much memory
// the machine has, as a BIOS would.
class CmosClock final : public RegisterDevice {
 public:
  static constexpr uint32_t kRegisters = 2;

  // Memory in bytes below the hole and above 4 GiB. `clock` is the host's.
  CmosClock(uint64_t low_memory, uint64_t high_memory, std::function<absl::Time()> clock);

  uint64_t Read(uint32_t offset, uint32_t size) override;
  void Write(uint32_t offset, uint32_t size, uint64_t value) override;
  void Reset() override;  // the date and the memory are kept: they have a battery

 private:
  uint8_t ReadIndexed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteIndexed(uint8_t value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A date as the guest writes it, field by field: no valid one while it is half written.
  struct Date {
    int64_t year;
    int month, day, hour, minute, second;
  };
  static Date FromCivil(absl::CivilSecond time);
  // Fields that are out of range are brought into it: 61 seconds are a minute and one.
  static absl::CivilSecond ToCivil(const Date& date);

  Date Now() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MoveTo(const Date& date) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint8_t EncodeField(uint8_t index, const Date& date) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetField(uint8_t index, uint8_t value, Date* date) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint8_t Encode(int value) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int Decode(uint8_t value) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool being_set() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::function<absl::Time()> clock_;
  absl::Mutex mutex_;
  uint8_t index_ ABSL_GUARDED_BY(mutex_) = 0;
  std::array<uint8_t, 128> memory_ ABSL_GUARDED_BY(mutex_) = {};
  absl::Duration offset_ ABSL_GUARDED_BY(mutex_);  // the guest's clock minus the host's
  Date held_ ABSL_GUARDED_BY(mutex_) = {};         // the date while it is being set
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_CMOS_CLOCK_H_
