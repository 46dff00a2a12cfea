#include "hypervisor-backend/kvm/probes/probe_code.h"

#define DECLARE_PROBE(name)                         \
  extern "C" const uint8_t cimvisor_probe_##name[]; \
  extern "C" const uint8_t cimvisor_probe_##name##_end[]
DECLARE_PROBE(long_mode);
DECLARE_PROBE(interrupt_controller);
DECLARE_PROBE(compare_exchange_16);
DECLARE_PROBE(breakpoint);
DECLARE_PROBE(extended_state);
DECLARE_PROBE(floating_point_wait);
DECLARE_PROBE(sse);
#undef DECLARE_PROBE

namespace cimvisor::kvm {
namespace {

absl::Span<const uint8_t> Between(const uint8_t* begin, const uint8_t* end) {
  return absl::MakeConstSpan(begin, static_cast<size_t>(end - begin));
}

}  // namespace

absl::Span<const uint8_t> ProbeCode(machine::ProbeKind kind) {
  switch (kind) {
    case machine::ProbeKind::kLongMode:
      return Between(cimvisor_probe_long_mode, cimvisor_probe_long_mode_end);
    case machine::ProbeKind::kInterruptController:
      return Between(cimvisor_probe_interrupt_controller, cimvisor_probe_interrupt_controller_end);
    case machine::ProbeKind::kCompareExchange16:
      return Between(cimvisor_probe_compare_exchange_16, cimvisor_probe_compare_exchange_16_end);
    case machine::ProbeKind::kBreakpoint:
      return Between(cimvisor_probe_breakpoint, cimvisor_probe_breakpoint_end);
    case machine::ProbeKind::kExtendedState:
      return Between(cimvisor_probe_extended_state, cimvisor_probe_extended_state_end);
    case machine::ProbeKind::kFloatingPointWait:
      return Between(cimvisor_probe_floating_point_wait, cimvisor_probe_floating_point_wait_end);
    case machine::ProbeKind::kSse:
      return Between(cimvisor_probe_sse, cimvisor_probe_sse_end);
  }
  return {};
}

}  // namespace cimvisor::kvm
