#include "providers/inventory/event_loop.h"

#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cimvisor::inventory {
namespace {

using ::testing::ElementsAre;

MachineEvent Event(const std::string& id) { return {.kind = MachineEvent::Kind::kEnded, .machine_id = id}; }

TEST(EventLoopTest, HandlesInOrderAlsoWhatCameBeforeTheStart) {
  EventLoop loop;
  std::vector<std::string> seen;
  loop.Push(Event("one"));
  loop.Push(Event("two"));
  loop.Start([&](const MachineEvent& event) { seen.push_back(event.machine_id); });
  loop.Push(Event("three"));
  loop.WaitUntilIdle();
  EXPECT_THAT(seen, ElementsAre("one", "two", "three"));
}

TEST(EventLoopTest, AHandlerMayPush) {
  EventLoop loop;
  std::vector<std::string> seen;
  loop.Start([&](const MachineEvent& event) {
    seen.push_back(event.machine_id);
    if (seen.size() < 3) loop.Push(Event(event.machine_id + "+"));
  });
  loop.Push(Event("x"));
  loop.WaitUntilIdle();
  EXPECT_THAT(seen, ElementsAre("x", "x+", "x++"));
}

TEST(EventLoopTest, AnEventOfALaterTimeWaits) {
  EventLoop loop;
  absl::Notification handled;
  std::vector<std::string> seen;
  loop.Push(Event("later"), absl::Milliseconds(20));
  loop.Push(Event("much later"), absl::Hours(1));
  loop.Push(Event("now"));
  loop.Start([&](const MachineEvent& event) {
    seen.push_back(event.machine_id);
    if (event.machine_id == "later") handled.Notify();
  });
  handled.WaitForNotification();
  loop.Stop();
  EXPECT_THAT(seen, ElementsAre("now", "later")) << "and Stop drops what is not due";
}

TEST(EventLoopTest, StopBeforeStartHandlesNothing) {
  EventLoop loop;
  loop.Push(Event("one"));
  loop.Stop();
  loop.WaitUntilIdle();
}

}  // namespace
}  // namespace cimvisor::inventory
