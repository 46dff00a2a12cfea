// Turns a StartState into KVM's register sets.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_REGISTERS_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_REGISTERS_H_

#include <linux/kvm.h>

#include <string>

#include "hypervisor-backend/kvm/start_state.h"

namespace cimvisor::kvm {

kvm_regs StartRegisters(const StartState& start);

// `reset` is the vCPU's state after a hardware reset, which keeps what the start does not say (APIC base).
kvm_sregs StartSystemRegisters(const StartState& start, const kvm_sregs& reset);

// A dump for the log, some lines of text.
std::string FormatRegisters(const kvm_regs& registers, const kvm_sregs& system);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_REGISTERS_H_
