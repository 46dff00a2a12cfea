// What the guest's processors say of themselves.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_CPUID_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_CPUID_H_

#include <linux/kvm.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cimvisor::kvm {

// Everything that the host's KVM supports (KVM_GET_SUPPORTED_CPUID).
absl::StatusOr<std::vector<kvm_cpuid_entry2>> SupportedCpuid(int kvm_fd);

// The name of this host's processors, as their CPUID gives it (leaves 0x80000002 to 0x80000004); empty where they have
// none. KVM_GET_SUPPORTED_CPUID leaves it out.
std::string HostProcessorBrand();

struct ProcessorDescription {
  uint32_t index = 0;               // of this vCPU, and its APIC id
  uint32_t processors = 1;          // of the machine
  bool tsc_deadline_timer = false;  // KVM's in-kernel local APIC has it
  std::string brand = {};           // the processor's name, of which 47 characters are shown
};

// Makes the entries those of one vCPU of a package without hyper-threading: APIC id, topology (leaves 1, 4, 0xb, 0x1f,
// 0x80000008, 0x8000001d, 0x8000001e), brand, the hypervisor bit; no performance counters and no virtualization
// extensions (Msvm_ProcessorSettingData.ExposeVirtualizationExtensions is not supported). The hypervisor's signature
// stays KVM's own, since its paravirtual clock is what the guest finds there.
void DescribeProcessor(const ProcessorDescription& description, std::vector<kvm_cpuid_entry2>* entries);

absl::Status SetCpuid(int vcpu_fd, const std::vector<kvm_cpuid_entry2>& entries);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_CPUID_H_
