// The code of the probe guests (probe_code.S).
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_PROBES_PROBE_CODE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_PROBES_PROBE_CODE_H_

#include <cstdint>

#include "absl/types/span.h"
#include "hypervisor-backend/machine/qualification.h"

namespace cimvisor::kvm {

inline constexpr uint64_t kProbeCodeAddress = 0x10000;
inline constexpr uint16_t kProbeResultPort = 0xf4;
inline constexpr uint8_t kProbePassed = 1;

absl::Span<const uint8_t> ProbeCode(machine::ProbeKind kind);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_PROBES_PROBE_CODE_H_
