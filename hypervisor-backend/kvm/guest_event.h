// What the guest did that the machine must act on: one at a time, since every vCPU stops for it.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_GUEST_EVENT_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_GUEST_EVENT_H_

#include <deque>

#include "absl/time/time.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::kvm {

enum class GuestEventKind : uint8_t { kReset, kPowerOff, kTripleFault, kFailure };

struct GuestEvent {
  GuestEventKind kind = GuestEventKind::kReset;
  machine::EndReason reason;  // kTripleFault, kFailure
};

// Whether triple faults still count as resets: a guest that faults again and again must not spin for ever. Not
// thread-safe.
class TripleFaultLimit {
 public:
  static constexpr size_t kMostPerSecond = 3;

  // Notes a triple fault at `now`. False: it is more than kMostPerSecond within one second.
  bool Allow(absl::Time now);
  void Forget() { recent_.clear(); }

 private:
  std::deque<absl::Time> recent_;  // at most kMostPerSecond + 1
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_GUEST_EVENT_H_
