// PCI's configuration ports, on a machine without PCI, and the reset register that stands among them.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_PCI_CONFIGURATION_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_PCI_CONFIGURATION_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/kvm/devices/guest_requests.h"
#include "hypervisor-backend/kvm/io_bus.h"

namespace cimvisor::kvm {

// Ports 0xcf8 to 0xcff. A dword at 0xcf8 is the address (PCI 3.0 §3.2.2.3.2) and can be read back; the data at 0xcfc
// reads as ones: no device there. A byte at 0xcf9 is the reset control register of Intel's chip sets (ICH9 data sheet
// §13.7.5).
class PciConfiguration final : public RegisterDevice {
 public:
  static constexpr uint32_t kRegisters = 8;

  explicit PciConfiguration(GuestRequests* requests) : requests_(requests) {}

  uint32_t widest_access() const override { return 4; }
  uint64_t Read(uint32_t offset, uint32_t size) override;
  void Write(uint32_t offset, uint32_t size, uint64_t value) override;
  void Reset() override;

 private:
  GuestRequests* const requests_;
  absl::Mutex mutex_;
  uint32_t address_ ABSL_GUARDED_BY(mutex_) = 0;
  uint8_t reset_control_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_PCI_CONFIGURATION_H_
