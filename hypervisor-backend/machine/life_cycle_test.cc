#include "hypervisor-backend/machine/life_cycle.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace cimvisor::machine {
namespace {

using State = MachineState;
using Event = LifeCycleEvent;

// Every legal step; all others are refused. Written out apart from the table, so that a slip in one shows.
const std::map<std::pair<State, Event>, State> kLegal = {
    {{State::kOff, Event::kStart}, State::kStarting},
    {{State::kStarting, Event::kStarted}, State::kRunning},
    {{State::kStarting, Event::kStartedPaused}, State::kPaused},
    {{State::kStarting, Event::kTurnOff}, State::kStopping},
    {{State::kStarting, Event::kEnded}, State::kOff},
    {{State::kRunning, Event::kPause}, State::kPausing},
    {{State::kRunning, Event::kReset}, State::kRunning},
    {{State::kRunning, Event::kTurnOff}, State::kStopping},
    {{State::kRunning, Event::kEnded}, State::kOff},
    {{State::kPausing, Event::kPaused}, State::kPaused},
    {{State::kPausing, Event::kTurnOff}, State::kStopping},
    {{State::kPausing, Event::kEnded}, State::kOff},
    {{State::kPaused, Event::kResume}, State::kResuming},
    {{State::kPaused, Event::kReset}, State::kPaused},
    {{State::kPaused, Event::kTurnOff}, State::kStopping},
    {{State::kPaused, Event::kEnded}, State::kOff},
    {{State::kResuming, Event::kResumed}, State::kRunning},
    {{State::kResuming, Event::kTurnOff}, State::kStopping},
    {{State::kResuming, Event::kEnded}, State::kOff},
    {{State::kStopping, Event::kEnded}, State::kOff},
    {{State::kStarting, Event::kGuestReset}, State::kStarting},
    {{State::kRunning, Event::kGuestReset}, State::kRunning},
    {{State::kPausing, Event::kGuestReset}, State::kPausing},
    {{State::kResuming, Event::kGuestReset}, State::kResuming},
    {{State::kStarting, Event::kGuestPowerOff}, State::kStopping},
    {{State::kRunning, Event::kGuestPowerOff}, State::kStopping},
    {{State::kPausing, Event::kGuestPowerOff}, State::kStopping},
    {{State::kPaused, Event::kGuestPowerOff}, State::kStopping},
    {{State::kResuming, Event::kGuestPowerOff}, State::kStopping},
};

TEST(LifeCycle, EveryEventInEveryState) {
  for (const State state : kAllMachineStates) {
    for (const Event event : kAllLifeCycleEvents) {
      const auto next = NextState(state, event);
      const auto legal = kLegal.find({state, event});
      if (legal != kLegal.end()) {
        ASSERT_TRUE(next.ok()) << next.status();
        EXPECT_EQ(*next, legal->second) << MachineStateName(state) << " " << LifeCycleEventName(event);
      } else {
        EXPECT_EQ(next.status().code(), absl::StatusCode::kFailedPrecondition)
            << MachineStateName(state) << " " << LifeCycleEventName(event);
      }
    }
  }
}

TEST(LifeCycle, RefusalNamesStateAndEvent) {
  EXPECT_EQ(NextState(State::kOff, Event::kPause).status().message(),
            "\"pause\" is not possible while the machine is off");
}

TEST(LifeCycle, RefusesWhatIsNoState) {
  EXPECT_EQ(NextState(static_cast<State>(7), Event::kStart).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(NextState(State::kOff, static_cast<Event>(12)).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cimvisor::machine
