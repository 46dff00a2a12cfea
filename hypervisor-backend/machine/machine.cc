#include "hypervisor-backend/machine/machine.h"

#include "hypervisor-backend/machine/hypervisor.h"

namespace cimvisor::machine {

absl::string_view MachineStateName(MachineState state) {
  switch (state) {
    case MachineState::kOff:
      return "off";
    case MachineState::kStarting:
      return "starting";
    case MachineState::kRunning:
      return "running";
    case MachineState::kPausing:
      return "pausing";
    case MachineState::kPaused:
      return "paused";
    case MachineState::kResuming:
      return "resuming";
    case MachineState::kStopping:
      return "stopping";
  }
  return "unknown";
}

absl::string_view EndKindName(EndKind kind) {
  switch (kind) {
    case EndKind::kNone:
      return "none";
    case EndKind::kTurnedOff:
      return "turned off";
    case EndKind::kGuestPoweredOff:
      return "guest powered off";
    case EndKind::kGuestReset:
      return "guest reset";
    case EndKind::kTripleFault:
      return "triple fault";
    case EndKind::kInternalError:
      return "internal error";
    case EndKind::kWorkerDied:
      return "worker died";
    case EndKind::kHostRestarted:
      return "host restarted";
  }
  return "unknown";
}

absl::string_view HostVerdictName(HostVerdict verdict) {
  switch (verdict) {
    case HostVerdict::kAnyGuest:
      return "any guest";
    case HostVerdict::kSmallGuests:
      return "small guests";
    case HostVerdict::kNone:
      return "none";
    case HostVerdict::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace cimvisor::machine
