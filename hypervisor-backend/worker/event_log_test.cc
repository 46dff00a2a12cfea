#include "hypervisor-backend/worker/event_log.h"

#include <gtest/gtest.h>

#include <string>

namespace cimvisor::worker {
namespace {

v1::Event StateEvent(uint32_t to) {
  v1::Event event;
  event.mutable_state_changed()->set_to(to);
  return event;
}

TEST(EventLog, NumbersFromOne) {
  EventLog log;
  EXPECT_EQ(log.After(0), nullptr);
  log.Add(StateEvent(1));
  log.Add(StateEvent(2));
  EXPECT_EQ(log.next_number(), 3u);
  ASSERT_NE(log.After(0), nullptr);
  EXPECT_EQ(log.After(0)->number(), 1u);
  EXPECT_EQ(log.After(1)->state_changed().to(), 2u);
  EXPECT_EQ(log.After(2), nullptr);
}

TEST(EventLog, ForgetsWhatIsAcknowledged) {
  EventLog log;
  for (uint32_t i = 0; i < 5; ++i) log.Add(StateEvent(i));
  log.Acknowledge(3);
  EXPECT_EQ(log.kept(), 2u);
  EXPECT_EQ(log.After(0)->number(), 4u);
  log.Acknowledge(1000);  // not given out yet
  EXPECT_EQ(log.kept(), 2u);
  log.Acknowledge(5);
  EXPECT_EQ(log.kept(), 0u);
}

TEST(EventLog, KeepsTheLast256) {
  EventLog log;
  for (uint32_t i = 0; i < 300; ++i) log.Add(StateEvent(1));
  EXPECT_EQ(log.kept(), kKeptEvents);
  EXPECT_EQ(log.After(0)->number(), 300 - kKeptEvents + 1) << "the jump shows that some are lost";
}

TEST(EventLog, BoundsItsBytes) {
  EventLog log;
  for (int i = 0; i < 100; ++i) {
    v1::Event event;
    event.mutable_ended()->set_registers(std::string(10'000, 'r'));
    log.Add(std::move(event));
  }
  EXPECT_LE(log.kept(), kKeptEventBytes / 10'000);
  EXPECT_GE(log.kept(), 20u);
}

}  // namespace
}  // namespace cimvisor::worker
