#include "providers/inventory/end_of_run.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cimvisor::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

machine::EndReason Reason(machine::EndKind kind, int signal = 0) {
  machine::EndReason reason;
  reason.kind = kind;
  reason.signal = signal;
  return reason;
}

RuntimeRecord Running() {
  RuntimeRecord runtime;
  runtime.set_state(STATE_RUNNING);
  runtime.set_job_id("job");
  runtime.mutable_launch()->set_launch_id("launch");
  return runtime;
}

TEST(EndOfRunTest, AnEndThatWasAskedForIsNoFailure) {
  for (machine::EndKind kind : {machine::EndKind::kTurnedOff, machine::EndKind::kGuestPoweredOff}) {
    RuntimeRecord runtime = Running();
    RecordEnd(runtime, Reason(kind), kNow);
    EXPECT_EQ(runtime.state(), STATE_OFF);
    EXPECT_EQ(runtime.health(), HEALTH_OK);
    EXPECT_EQ(runtime.conditions_size(), 0);
    EXPECT_FALSE(runtime.has_launch());
    EXPECT_EQ(runtime.job_id(), "");
    EXPECT_EQ(runtime.state_changed_at_us(), absl::ToUnixMicros(kNow));
  }
}

TEST(EndOfRunTest, ADeadWorkerIsExplained) {
  RuntimeRecord runtime = Running();
  RecordEnd(runtime, Reason(machine::EndKind::kWorkerDied, 9), kNow);
  EXPECT_EQ(runtime.health(), HEALTH_FAILED);
  EXPECT_THAT(runtime.conditions(), ElementsAre(HasSubstr("signal 9 (Killed)")));
  EXPECT_EQ(runtime.last_end().signal(), 9);
}

TEST(EndOfRunTest, WhatAWorkerSaysIsMadeFitToBeKept) {
  RuntimeRecord runtime = Running();
  machine::EndReason reason = Reason(machine::EndKind::kInternalError);
  reason.detail = "bad \xFF\n" + std::string(100'000, 'x');
  RecordEnd(runtime, reason, kNow);
  EXPECT_LE(runtime.last_end().detail().size(), 1024U);
  RuntimeRecord again;
  EXPECT_TRUE(again.ParseFromString(runtime.SerializeAsString()));
  EXPECT_THAT(again.last_end().detail(), HasSubstr("bad ??xxx"));
}

TEST(EndOfRunTest, RecoversFromFailuresOnly) {
  SystemSettings settings;
  settings.set_recovery_action(RECOVERY_ACTION_RESTART);
  const std::vector<std::pair<machine::EndKind, bool>> table = {
      {machine::EndKind::kNone, false},
      {machine::EndKind::kTurnedOff, false},
      {machine::EndKind::kGuestPoweredOff, false},
      {machine::EndKind::kGuestReset, false},
      {machine::EndKind::kTripleFault, true},
      {machine::EndKind::kInternalError, true},
      {machine::EndKind::kWorkerDied, true},
      {machine::EndKind::kHostRestarted, false},
  };
  for (const auto& [kind, expected] : table) {
    RuntimeRecord runtime = Running();
    RecordEnd(runtime, Reason(kind), kNow);
    EXPECT_EQ(TakeRecovery(settings, runtime, Reason(kind), kNow), expected) << static_cast<int>(kind);
  }
}

TEST(EndOfRunTest, NoRecoveryWithoutTheAction) {
  SystemSettings settings;
  settings.set_recovery_action(RECOVERY_ACTION_NONE);
  RuntimeRecord runtime = Running();
  EXPECT_FALSE(TakeRecovery(settings, runtime, Reason(machine::EndKind::kWorkerDied), kNow));
}

TEST(EndOfRunTest, AGuestThatAlwaysFailsIsLeftOff) {
  SystemSettings settings;
  settings.set_recovery_action(RECOVERY_ACTION_RESTART);
  RuntimeRecord runtime = Running();
  const machine::EndReason reason = Reason(machine::EndKind::kTripleFault);
  absl::Time now = kNow;
  for (uint32_t i = 0; i < kMaximumRecoveries; ++i, now += absl::Seconds(10)) {
    RecordEnd(runtime, reason, now);
    EXPECT_TRUE(TakeRecovery(settings, runtime, reason, now)) << i;
  }
  RecordEnd(runtime, reason, now);
  EXPECT_FALSE(TakeRecovery(settings, runtime, reason, now));
  EXPECT_THAT(runtime.conditions(), ElementsAre(HasSubstr("triple fault"), HasSubstr("left off")));
  now += kRecoveryWindow + absl::Seconds(1);
  EXPECT_TRUE(TakeRecovery(settings, runtime, reason, now)) << "a new window has begun";
}

}  // namespace
}  // namespace cimvisor::inventory
