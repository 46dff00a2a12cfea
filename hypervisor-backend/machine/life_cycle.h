// The one table of a machine's life: which event is legal in which state, and what follows. Every backend decides by
// it, so that a refusal reads the same everywhere.
//
//   kOff --start--> kStarting --started--> kRunning --pause--> kPausing --paused--> kPaused --resume--> kResuming
//                       '---started-paused--> kPaused                                    kResuming --resumed-->
//                       kRunning
//   kRunning, kPaused --reset--> the same state
//   any but kOff --turn-off--> kStopping; any --ended--> kOff
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_LIFE_CYCLE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_LIFE_CYCLE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::machine {

enum class LifeCycleEvent : uint8_t {
  // Asked for through the interface.
  kStart,
  kPause,
  kResume,
  kReset,
  kTurnOff,
  // What the machine itself reports.
  kStarted,
  kStartedPaused,
  kPaused,
  kResumed,
  kEnded,
};
absl::string_view LifeCycleEventName(LifeCycleEvent event);

// The state after `event` in `state`. kFailedPrecondition names both when the table forbids it. Pure.
absl::StatusOr<MachineState> NextState(MachineState state, LifeCycleEvent event);

}  // namespace cimvisor::machine

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_LIFE_CYCLE_H_
