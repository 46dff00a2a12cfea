// Fakes of what devices are connected to, for their tests.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_FAKES_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_FAKES_H_

#include "hypervisor-backend/kvm/devices/guest_requests.h"
#include "hypervisor-backend/kvm/devices/interrupt_line.h"

namespace cimvisor::kvm {

// Not thread-safe.
struct FakeInterruptLine final : InterruptLine {
  void Set(bool level) override { asserted = level; }
  bool asserted = false;
};

// Not thread-safe.
struct FakeGuestRequests final : GuestRequests {
  void RequestReset() override { ++resets; }
  void RequestPowerOff() override { ++power_offs; }
  int resets = 0;
  int power_offs = 0;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_FAKES_H_
