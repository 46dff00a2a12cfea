// Host qualification: which probes there are, and the verdict that their results give. The probes themselves run in
// hypervisor-backend/kvm, each in a worker process with a limit of its own.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_QUALIFICATION_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_QUALIFICATION_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "hypervisor-backend/machine/hypervisor.h"

namespace cimvisor::machine {

enum class ProbeKind : uint8_t {
  kLongMode,
  kInterruptController,
  kCompareExchange16,
  kBreakpoint,
  kExtendedState,
  kFloatingPointWait,
  kSse,
};

inline constexpr std::array<ProbeKind, 7> kAllProbes = {
    ProbeKind::kLongMode,   ProbeKind::kInterruptController, ProbeKind::kCompareExchange16,
    ProbeKind::kBreakpoint, ProbeKind::kExtendedState,       ProbeKind::kFloatingPointWait,
    ProbeKind::kSse,
};

// "long mode", "irqchip", "cmpxchg16b", "int3", "xsave", "fwait", "sse".
absl::string_view ProbeKindName(ProbeKind kind);
std::optional<ProbeKind> ProbeKindFromName(absl::string_view name);

// The verdict on a host. Any guest: every probe of kAllProbes is among `results` and passed. Small guests: long mode
// and the interrupt controller passed, something else did not (or was not run). None: one of those two failed. Unknown:
// no results.
HostVerdict JudgeProbes(absl::Span<const ProbeResult> results);

// What to tell people about a verdict: names what failed and what to do. Empty for "any guest".
std::string AdviceFor(HostVerdict verdict, absl::Span<const ProbeResult> results);

}  // namespace cimvisor::machine

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_QUALIFICATION_H_
