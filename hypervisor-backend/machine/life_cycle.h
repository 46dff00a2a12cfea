// The life of a machine as one table: events by states. Backends ask it before they do anything, so that every backend
// allows the same and says the same about what it does not.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_LIFE_CYCLE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_LIFE_CYCLE_H_

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::machine {

enum class LifeCycleEvent : uint8_t {
  // Actions, asked for through Machine.
  kStart,
  kPause,
  kResume,
  kReset,
  kTurnOff,
  // What becomes of them.
  kStarted,        // the vCPUs run
  kStartedPaused,  // they stand at their first instruction (MachineSpec::start_paused)
  kPaused,         // all stand still
  kResumed,        // all run again
  kEnded,          // nothing runs any more: turned off, powered off by the guest, failed
  // What the guest does.
  kGuestReset,     // reset, or triple fault that is followed as one
  kGuestPowerOff,  // powered off, or failed: it will end
};

inline constexpr std::array<MachineState, 7> kAllMachineStates = {
    MachineState::kOff,    MachineState::kStarting, MachineState::kRunning,  MachineState::kPausing,
    MachineState::kPaused, MachineState::kResuming, MachineState::kStopping,
};
inline constexpr std::array<LifeCycleEvent, 12> kAllLifeCycleEvents = {
    LifeCycleEvent::kStart,   LifeCycleEvent::kPause,   LifeCycleEvent::kResume,        LifeCycleEvent::kReset,
    LifeCycleEvent::kTurnOff, LifeCycleEvent::kStarted, LifeCycleEvent::kStartedPaused, LifeCycleEvent::kPaused,
    LifeCycleEvent::kResumed, LifeCycleEvent::kEnded,   LifeCycleEvent::kGuestReset,    LifeCycleEvent::kGuestPowerOff,
};

absl::string_view LifeCycleEventName(LifeCycleEvent event);  // "pause", …

// The state after `event` in `state`. kFailedPrecondition, naming the state and what is not possible in it, when the
// table has no entry.
absl::StatusOr<MachineState> NextState(MachineState state, LifeCycleEvent event);

}  // namespace cimvisor::machine

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_LIFE_CYCLE_H_
