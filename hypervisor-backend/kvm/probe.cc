#include "hypervisor-backend/kvm/probe.h"

#include <linux/kvm.h>

#include "hypervisor-backend/kvm/kvm_api.h"

namespace cimvisor::kvm {

uint32_t MaximumProcessors(int kvm_fd) {
  const int most = KvmCapability(kvm_fd, KVM_CAP_MAX_VCPUS);
  return most > 0 ? static_cast<uint32_t>(most) : static_cast<uint32_t>(KvmCapability(kvm_fd, KVM_CAP_NR_VCPUS));
}

}  // namespace cimvisor::kvm
