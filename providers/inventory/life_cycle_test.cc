#include "providers/inventory/life_cycle.h"

#include <set>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"

namespace cimvisor::inventory {
namespace {

const std::vector<State> kAllStates = {STATE_UNKNOWN, STATE_OFF,      STATE_STARTING,  STATE_RUNNING, STATE_PAUSING,
                                       STATE_PAUSED,  STATE_RESUMING, STATE_RESETTING, STATE_STOPPING};
const std::vector<LifeCycleEvent> kAllEvents = {
    LifeCycleEvent::kTurnOn,  LifeCycleEvent::kTurnOff,        LifeCycleEvent::kPause, LifeCycleEvent::kReset,
    LifeCycleEvent::kDestroy, LifeCycleEvent::kModifyHardware, LifeCycleEvent::kEnded};

// Everything that is allowed, written out a second time; what is not here is refused.
const std::set<std::tuple<State, LifeCycleEvent, Decision>> kAllowed = {
    {STATE_OFF, LifeCycleEvent::kTurnOn, Decision::kStart},
    {STATE_OFF, LifeCycleEvent::kDestroy, Decision::kAllow},
    {STATE_OFF, LifeCycleEvent::kModifyHardware, Decision::kAllow},
    {STATE_RUNNING, LifeCycleEvent::kTurnOff, Decision::kTurnOff},
    {STATE_RUNNING, LifeCycleEvent::kPause, Decision::kPause},
    {STATE_RUNNING, LifeCycleEvent::kReset, Decision::kReset},
    {STATE_RUNNING, LifeCycleEvent::kEnded, Decision::kRecordEnd},
    {STATE_PAUSED, LifeCycleEvent::kTurnOn, Decision::kResume},
    {STATE_PAUSED, LifeCycleEvent::kTurnOff, Decision::kTurnOff},
    {STATE_PAUSED, LifeCycleEvent::kReset, Decision::kReset},
    {STATE_PAUSED, LifeCycleEvent::kEnded, Decision::kRecordEnd},
    {STATE_UNKNOWN, LifeCycleEvent::kTurnOff, Decision::kTurnOff},
    {STATE_UNKNOWN, LifeCycleEvent::kEnded, Decision::kRecordEnd},
};

TEST(LifeCycleTest, EveryEventInEveryState) {
  for (State state : kAllStates) {
    for (LifeCycleEvent event : kAllEvents) {
      const Decision decision = Decide(state, event);
      const bool allowed = kAllowed.count({state, event, decision}) == 1;
      EXPECT_TRUE(allowed || decision == Decision::kRefuse)
          << StateName(state) << ", event " << static_cast<int>(event) << ": " << static_cast<int>(decision);
      if (decision == Decision::kRefuse) {
        for (const auto& [some_state, some_event, some_decision] : kAllowed) {
          EXPECT_FALSE(some_state == state && some_event == event) << StateName(state) << " refuses what it allows";
        }
      }
    }
  }
}

TEST(LifeCycleTest, NothingIsAllowedInATransitionalState) {
  int transitional = 0;
  for (State state : kAllStates) {
    if (!IsTransitional(state)) continue;
    ++transitional;
    for (LifeCycleEvent event : kAllEvents) EXPECT_EQ(Decide(state, event), Decision::kRefuse) << StateName(state);
  }
  EXPECT_EQ(transitional, 5);
}

TEST(LifeCycleTest, EachTransitionGoesThroughATransitionalStateToALastingOne) {
  int transitions = 0;
  for (const auto& [state, event, decision] : kAllowed) {
    if (decision == Decision::kAllow || decision == Decision::kRecordEnd) continue;
    ++transitions;
    EXPECT_TRUE(IsTransitional(TransitionOf(decision).during));
    EXPECT_FALSE(IsTransitional(TransitionOf(decision).after));
  }
  EXPECT_EQ(transitions, 8);
  EXPECT_EQ(TransitionOf(Decision::kAllow).during, STATE_UNKNOWN);
  EXPECT_EQ(TransitionOf(Decision::kStart).after, STATE_RUNNING);
  EXPECT_EQ(TransitionOf(Decision::kTurnOff).after, STATE_OFF);
}

TEST(LifeCycleTest, TheNumbersAreHyperVs) {
  EXPECT_EQ(static_cast<int>(TransitionOf(Decision::kStart).during), 10);
  EXPECT_EQ(static_cast<int>(TransitionOf(Decision::kPause).during), 32776);
  EXPECT_EQ(static_cast<int>(TransitionOf(Decision::kResume).during), 32777);
  EXPECT_EQ(static_cast<int>(TransitionOf(Decision::kTurnOff).during), 4);
  EXPECT_EQ(static_cast<int>(TransitionOf(Decision::kPause).after), 9);
}

TEST(LifeCycleTest, EachRequestHasItsEvent) {
  EXPECT_EQ(EventOf(REQUEST_ON), LifeCycleEvent::kTurnOn);
  EXPECT_EQ(EventOf(REQUEST_OFF), LifeCycleEvent::kTurnOff);
  EXPECT_EQ(EventOf(REQUEST_PAUSE), LifeCycleEvent::kPause);
  EXPECT_EQ(EventOf(REQUEST_RESET), LifeCycleEvent::kReset);
}

TEST(LifeCycleTest, EveryStateHasItsOwnName) {
  std::set<std::string> names;
  for (State state : kAllStates) names.insert(std::string(StateName(state)));
  EXPECT_EQ(names.size(), kAllStates.size());
}

}  // namespace
}  // namespace cimvisor::inventory
