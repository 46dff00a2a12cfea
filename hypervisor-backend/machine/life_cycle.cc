#include "hypervisor-backend/machine/life_cycle.h"

#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace cimvisor::machine {
namespace {

constexpr int kNo = -1;
constexpr int kOff = static_cast<int>(MachineState::kOff);
constexpr int kStarting = static_cast<int>(MachineState::kStarting);
constexpr int kRunning = static_cast<int>(MachineState::kRunning);
constexpr int kPausing = static_cast<int>(MachineState::kPausing);
constexpr int kPaused = static_cast<int>(MachineState::kPaused);
constexpr int kResuming = static_cast<int>(MachineState::kResuming);
constexpr int kStopping = static_cast<int>(MachineState::kStopping);

constexpr size_t kStates = kAllMachineStates.size();
constexpr size_t kEvents = kAllLifeCycleEvents.size();

// Rows are states, columns events: the state that follows, or kNo.
// clang-format off
constexpr std::array<std::array<int, kEvents>, kStates> kTable = {{
    //               start      pause     resume      reset     turn-off   started   startedp paused   resumed   ended guestreset guestpoweroff
    /* off      */ {{kStarting, kNo,      kNo,        kNo,      kNo,       kNo,      kNo,     kNo,     kNo,      kNo,  kNo,       kNo}},
    /* starting */ {{kNo,       kNo,      kNo,        kNo,      kStopping, kRunning, kPaused, kNo,     kNo,      kOff, kStarting, kStopping}},
    /* running  */ {{kNo,       kPausing, kNo,        kRunning, kStopping, kNo,      kNo,     kNo,     kNo,      kOff, kRunning,  kStopping}},
    /* pausing  */ {{kNo,       kNo,      kNo,        kNo,      kStopping, kNo,      kNo,     kPaused, kNo,      kOff, kPausing,  kStopping}},
    /* paused   */ {{kNo,       kNo,      kResuming,  kPaused,  kStopping, kNo,      kNo,     kNo,     kNo,      kOff, kNo,       kStopping}},
    /* resuming */ {{kNo,       kNo,      kNo,        kNo,      kStopping, kNo,      kNo,     kNo,     kRunning, kOff, kResuming, kStopping}},
    /* stopping */ {{kNo,       kNo,      kNo,        kNo,      kNo,       kNo,      kNo,     kNo,     kNo,      kOff, kNo,       kNo}},
}};
// clang-format on

}  // namespace

absl::string_view LifeCycleEventName(LifeCycleEvent event) {
  switch (event) {
    case LifeCycleEvent::kStart:
      return "start";
    case LifeCycleEvent::kPause:
      return "pause";
    case LifeCycleEvent::kResume:
      return "resume";
    case LifeCycleEvent::kReset:
      return "reset";
    case LifeCycleEvent::kTurnOff:
      return "turn off";
    case LifeCycleEvent::kStarted:
      return "started";
    case LifeCycleEvent::kStartedPaused:
      return "started paused";
    case LifeCycleEvent::kPaused:
      return "paused";
    case LifeCycleEvent::kResumed:
      return "resumed";
    case LifeCycleEvent::kEnded:
      return "ended";
    case LifeCycleEvent::kGuestReset:
      return "guest reset";
    case LifeCycleEvent::kGuestPowerOff:
      return "guest power off";
  }
  return "unknown";
}

absl::StatusOr<MachineState> NextState(MachineState state, LifeCycleEvent event) {
  const size_t row = static_cast<size_t>(state);
  const size_t column = static_cast<size_t>(event);
  if (row >= kStates || column >= kEvents) {
    return absl::InvalidArgumentError(absl::StrCat("no such state or event: ", row, ", ", column));
  }
  const int next = kTable[row][column];
  if (next == kNo) {
    return absl::FailedPreconditionError(absl::StrCat(
        "\"", LifeCycleEventName(event), "\" is not possible while the machine is ", MachineStateName(state)));
  }
  return static_cast<MachineState>(next);
}

}  // namespace cimvisor::machine
