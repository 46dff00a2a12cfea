// What the guest's processors say of themselves.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_CPUID_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_CPUID_H_

#include <linux/kvm.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cimvisor::kvm {

// Everything that the host's KVM supports (KVM_GET_SUPPORTED_CPUID).
absl::StatusOr<std::vector<kvm_cpuid_entry2>> SupportedCpuid(int kvm_fd);

// Makes the entries those of vCPU `index` of `processors` in one package without hyper-threading: APIC id, topology
// (leaves 1, 4, 0xb, 0x1f, 0x80000008, 0x8000001d, 0x8000001e), the hypervisor bit; no performance counters. The
// hypervisor's signature stays KVM's own, since its paravirtual clock is what the guest finds there.
void DescribeProcessor(uint32_t index, uint32_t processors, bool tsc_deadline_timer,
                       std::vector<kvm_cpuid_entry2>* entries);

absl::Status SetCpuid(int vcpu_fd, const std::vector<kvm_cpuid_entry2>& entries);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_CPUID_H_
