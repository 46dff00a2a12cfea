#include "hypervisor-backend/kvm/guest_event.h"

namespace cimvisor::kvm {

bool TripleFaultLimit::Allow(absl::Time now) {
  recent_.push_back(now);
  while (recent_.front() <= now - absl::Seconds(1)) recent_.pop_front();
  const bool allowed = recent_.size() <= kMostPerSecond;
  if (!allowed) recent_.pop_front();
  return allowed;
}

}  // namespace cimvisor::kvm
