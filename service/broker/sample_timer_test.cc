#include "service/broker/sample_timer.h"

#include <atomic>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace cimvisor::broker {
namespace {

TEST(SampleTimerTest, CallsAgainAndAgainUntilTheHandleEnds) {
  const auto timer = SampleTimer::Create();
  std::atomic<int> calls{0};
  absl::Notification three;
  auto handle = timer->Every(absl::Milliseconds(1), [&] {
    if (++calls == 3) three.Notify();
  });
  three.WaitForNotification();
  handle.reset();
  const int after = calls;
  absl::Notification other;
  std::atomic<bool> told{false};
  const auto second = timer->Every(absl::Milliseconds(1), [&] {
    if (!told.exchange(true)) other.Notify();
  });
  other.WaitForNotification();
  EXPECT_EQ(calls, after);
}

TEST(SampleTimerTest, TheHandlesEndWaitsForACallThatRuns) {
  const auto timer = SampleTimer::Create();
  absl::Notification entered;
  std::atomic<bool> once{false};
  std::atomic<bool> left{false};
  absl::Notification may_leave;
  auto handle = timer->Every(absl::Milliseconds(1), [&] {
    if (once.exchange(true)) return;
    entered.Notify();
    may_leave.WaitForNotification();
    left = true;
  });
  entered.WaitForNotification();
  may_leave.Notify();
  handle.reset();
  EXPECT_TRUE(left);
}

TEST(SampleTimerTest, AHandleMayEndInItsOwnCall) {
  const auto timer = SampleTimer::Create();
  absl::Notification created;
  absl::Notification ended;
  std::unique_ptr<SampleTimer::Handle> handle;
  handle = timer->Every(absl::Milliseconds(1), [&] {
    created.WaitForNotification();
    handle.reset();
    ended.Notify();
  });
  created.Notify();
  ended.WaitForNotification();
  EXPECT_EQ(handle, nullptr);
}

TEST(SampleTimerTest, EndsWithoutHandlesAndWithoutAThread) { EXPECT_NE(SampleTimer::Create(), nullptr); }

}  // namespace
}  // namespace cimvisor::broker
