#include "hypervisor-backend/kvm/devices/power_management.h"

#include <array>
#include <cstring>
#include <utility>

namespace cimvisor::kvm {
namespace {

constexpr uint32_t kEnable = 2;
constexpr uint32_t kControl = 4;
constexpr uint32_t kTimer = 8;

constexpr uint16_t kAcpiMode = 1u << 0;  // SCI_EN
constexpr uint16_t kSleepEnable = 1u << 13;
constexpr uint32_t kSleepTypeShift = 10;
constexpr uint32_t kSleepTypeMask = 7;
constexpr int64_t kTimerHertz = 3'579'545;

}  // namespace

PowerManagement::PowerManagement(GuestRequests* requests, std::function<absl::Time()> clock)
    : requests_(requests), clock_(std::move(clock)), start_(clock_()) {}

uint64_t PowerManagement::Read(uint32_t offset, uint32_t size) {
  // The registers as they stand side by side; an access takes what it covers.
  std::array<uint8_t, kRegisters> registers = {};
  {
    absl::MutexLock lock(&mutex_);
    const uint16_t control = control_ | kAcpiMode;
    memcpy(registers.data() + kEnable, &enable_, sizeof enable_);
    memcpy(registers.data() + kControl, &control, sizeof control);
  }
  const uint32_t ticks = TimerTicks();
  memcpy(registers.data() + kTimer, &ticks, sizeof ticks);
  uint64_t value = 0;
  memcpy(&value, registers.data() + offset, size);
  return value;
}

void PowerManagement::Write(uint32_t offset, uint32_t size, uint64_t value) {
  bool off = false;
  {
    absl::MutexLock lock(&mutex_);
    // A dword over status and enable: the upper half is the enable register.
    if (offset == 0 && size == 4) enable_ = static_cast<uint16_t>(value >> 16);
    if (offset == kEnable && size == 2) enable_ = static_cast<uint16_t>(value);
    if (offset == kControl && size >= 2) {
      control_ = static_cast<uint16_t>(value & ~uint64_t{kSleepEnable});
      off = (value & kSleepEnable) != 0 && ((value >> kSleepTypeShift) & kSleepTypeMask) == kSleepTypeOff;
    }
  }
  if (off) requests_->RequestPowerOff();
}

void PowerManagement::Reset() {
  absl::MutexLock lock(&mutex_);
  enable_ = 0;
  control_ = 0;
}

uint32_t PowerManagement::TimerTicks() const {
  const absl::Duration elapsed = clock_() - start_;
  const int64_t seconds = absl::ToInt64Seconds(elapsed);
  const int64_t rest = absl::ToInt64Nanoseconds(elapsed - absl::Seconds(seconds));
  return static_cast<uint32_t>(seconds * kTimerHertz + rest * kTimerHertz / 1'000'000'000);
}

}  // namespace cimvisor::kvm
