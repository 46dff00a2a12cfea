#include "hypervisor-backend/kvm/devices/pci_configuration.h"

namespace cimvisor::kvm {
namespace {

constexpr uint32_t kAddress = 0;
constexpr uint32_t kResetControl = 1;

constexpr uint8_t kSystemReset = 0x02;  // only chooses the kind of reset
constexpr uint8_t kResetProcessor = 0x04;
constexpr uint8_t kFullReset = 0x08;
constexpr uint8_t kStoredBits = kSystemReset | kFullReset;

}  // namespace

uint64_t PciConfiguration::Read(uint32_t offset, uint32_t size) {
  absl::MutexLock lock(&mutex_);
  if (offset == kAddress && size == 4) return address_;
  if (offset == kResetControl && size == 1) return reset_control_;
  return ~uint64_t{0};
}

void PciConfiguration::Write(uint32_t offset, uint32_t size, uint64_t value) {
  bool reset = false;
  {
    absl::MutexLock lock(&mutex_);
    if (offset == kAddress && size == 4) address_ = static_cast<uint32_t>(value);
    if (offset == kResetControl && size == 1) {
      reset_control_ = value & kStoredBits;
      reset = (value & kResetProcessor) != 0;
    }
  }
  if (reset) requests_->RequestReset();
}

void PciConfiguration::Reset() {
  absl::MutexLock lock(&mutex_);
  address_ = 0;
  reset_control_ = 0;
}

}  // namespace cimvisor::kvm
