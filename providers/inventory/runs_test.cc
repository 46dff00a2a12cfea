// What happens to running machines by themselves, and what can be seen of them.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "providers/inventory/end_of_run.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/test_service.h"

namespace cimvisor::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RunsTest : public ::testing::Test {
 protected:
  std::string Running(RecoveryAction recovery) {
    const std::string id =
        service_.Define("run", [&](Configuration& c) { c.mutable_system()->set_recovery_action(recovery); });
    EXPECT_EQ(service_.Change(id, REQUEST_ON)->state, jobs::JobState::kCompleted);
    return id;
  }
  void End(const std::string& id, machine::EndKind kind, int signal = 0) {
    machine::EndReason reason;
    reason.kind = kind;
    reason.signal = signal;
    service_.host().End(id, reason);
    service_.inventory().Drain();
  }
  TestService service_;
};

TEST_F(RunsTest, ADeadWorkerTakesOnlyItsOwnMachine) {
  const std::string dead = Running(RECOVERY_ACTION_NONE);
  const std::string alive = Running(RECOVERY_ACTION_NONE);
  const int64_t before = service_.Get(alive)->revision;
  End(dead, machine::EndKind::kWorkerDied, 9);
  const RuntimeRecord runtime = service_.Runtime(dead);
  EXPECT_EQ(runtime.state(), STATE_OFF);
  EXPECT_EQ(runtime.health(), HEALTH_FAILED);
  EXPECT_THAT(runtime.conditions(), ElementsAre(HasSubstr("signal 9")));
  EXPECT_EQ(service_.JournalStates(dead).back(), STATE_OFF) << "a watcher hears of it";
  EXPECT_EQ(service_.Get(alive)->revision, before);
  EXPECT_EQ(service_.Change(dead, REQUEST_ON)->state, jobs::JobState::kCompleted);
  EXPECT_EQ(service_.Runtime(dead).health(), HEALTH_OK);
}

TEST_F(RunsTest, AGuestThatPowersOffIsOffAndWell) {
  const std::string id = Running(RECOVERY_ACTION_RESTART);
  End(id, machine::EndKind::kGuestPoweredOff);
  EXPECT_EQ(service_.Runtime(id).state(), STATE_OFF);
  EXPECT_EQ(service_.Runtime(id).health(), HEALTH_OK);
  EXPECT_EQ(service_.host().living(), 0U);
}

TEST_F(RunsTest, TheRecoveryActionRestartsAFailedMachine) {
  const std::string id = Running(RECOVERY_ACTION_RESTART);
  const std::string first_launch = service_.Runtime(id).launch().launch_id();
  End(id, machine::EndKind::kInternalError);
  EXPECT_EQ(service_.Runtime(id).state(), STATE_RUNNING);
  EXPECT_NE(service_.Runtime(id).launch().launch_id(), first_launch);
  EXPECT_TRUE(service_.host().Get(id).alive);
  EXPECT_THAT(service_.JournalStates(id),
              ElementsAre(STATE_OFF, STATE_STARTING, STATE_RUNNING, STATE_OFF, STATE_STARTING, STATE_RUNNING));
}

TEST_F(RunsTest, AMachineThatAlwaysFailsIsLeftOff) {
  const std::string id = Running(RECOVERY_ACTION_RESTART);
  for (uint32_t i = 0; i <= kMaximumRecoveries; ++i) End(id, machine::EndKind::kTripleFault);
  EXPECT_EQ(service_.Runtime(id).state(), STATE_OFF);
  EXPECT_THAT(service_.Runtime(id).conditions(), ElementsAre(HasSubstr("triple fault"), HasSubstr("left off")));
  EXPECT_EQ(service_.host().living(), 0U);
}

TEST_F(RunsTest, AnEndThatTheDatabaseDoesNotTakeIsRecordedLater) {
  const std::string id = Running(RECOVERY_ACTION_NONE);
  service_.store().Refuse(absl::ResourceExhaustedError("the disk is full"), 3);
  machine::EndReason reason;
  reason.kind = machine::EndKind::kWorkerDied;
  service_.host().End(id, reason);
  service_.WaitForLog("the worker process of the machine ended");
  EXPECT_EQ(service_.Runtime(id).state(), STATE_OFF);
}

TEST_F(RunsTest, APauseBehindTheServicesBackIsRecorded) {
  const std::string id = Running(RECOVERY_ACTION_NONE);
  service_.host().Force(id, machine::MachineState::kPaused);
  service_.inventory().Drain();
  EXPECT_EQ(service_.Runtime(id).state(), STATE_PAUSED);
  service_.host().Force(id, machine::MachineState::kRunning);
  service_.inventory().Drain();
  EXPECT_EQ(service_.Runtime(id).state(), STATE_RUNNING);
}

TEST_F(RunsTest, AGuestsOwnResetIsToldAsAReset) {
  const std::string id = Running(RECOVERY_ACTION_NONE);
  const int64_t before = service_.Get(id)->revision;
  const int64_t changed = service_.Runtime(id).state_changed_at_us();
  service_.host().GuestReset(id);
  service_.inventory().Drain();
  EXPECT_EQ(service_.Runtime(id).state(), STATE_RUNNING);
  EXPECT_GT(service_.Runtime(id).state_changed_at_us(), changed);
  EXPECT_EQ(service_.Get(id)->revision, before + 1) << "both steps are one commit";
  const auto entries = service_.store().ReadJournal(before, 10);
  ASSERT_TRUE(entries.ok()) << entries.status();
  std::vector<std::pair<State, State>> steps;
  for (const store::JournalEntry& entry : *entries) {
    MachineChange change;
    ASSERT_TRUE(change.ParseFromString(entry.payload));
    steps.emplace_back(change.before().runtime().state(), change.after().runtime().state());
  }
  EXPECT_THAT(steps, ElementsAre(std::pair(STATE_RUNNING, STATE_RESETTING), std::pair(STATE_RESETTING, STATE_RUNNING)));
}

// The requested reset is its job's to tell; a loop of resets makes one event until the first is recorded and its time
// is over.
TEST_F(RunsTest, ResetsThatWereAskedForOrComeInALoopAreToldOnce) {
  const std::string id = Running(RECOVERY_ACTION_NONE);
  EXPECT_EQ(service_.Change(id, REQUEST_RESET)->state, jobs::JobState::kCompleted);
  const std::vector<State> asked = {STATE_OFF, STATE_STARTING, STATE_RUNNING, STATE_RESETTING, STATE_RUNNING};
  EXPECT_EQ(service_.JournalStates(id), asked);
  const int64_t before = service_.Get(id)->revision;
  for (int i = 0; i < 1000; ++i) service_.host().GuestReset(id);
  service_.inventory().Drain();
  EXPECT_LE(service_.Get(id)->revision, before + 2);
  EXPECT_GT(service_.Get(id)->revision, before);
}

TEST_F(RunsTest, UsageIsThatOfTheRunningMachine) {
  const std::string id = Running(RECOVERY_ACTION_NONE);
  const auto usage = service_.inventory().GetUsage(id);
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_EQ(usage->uptime, absl::Seconds(10));
  EXPECT_EQ(usage->processor_load_percent, 25U) << "5 s of 10 s on one of two processors";
  EXPECT_EQ(usage->memory_used_mib, 3U);
  EXPECT_EQ(usage->process_id, service_.host().Get(id).process_id);
  EXPECT_EQ(service_.inventory().GetUsage(id)->processor_load_percent, 25U) << "no time has passed since";
  service_.Change(id, REQUEST_PAUSE);
  EXPECT_EQ(service_.inventory().GetUsage(id)->processor_load_percent, 0U);
  service_.Change(id, REQUEST_OFF);
  EXPECT_EQ(KindOf(service_.inventory().GetUsage(id).status()), ErrorKind::kInvalidState);
  EXPECT_EQ(KindOf(service_.inventory().GetUsage("no").status()), ErrorKind::kNotFound);
}

TEST_F(RunsTest, AConsoleSeesTheFirstByteOfEachRun) {
  const std::string id = service_.Define("console");
  SerialAttachOptions options;
  options.write = true;
  auto console = service_.inventory().AttachSerial(id, 0, options);
  ASSERT_TRUE(console.ok()) << console.status();
  EXPECT_EQ(KindOf((*console)->Write("too early").status()), ErrorKind::kInvalidState);
  service_.Change(id, REQUEST_ON);
  service_.host().Output(id, "hello\n");
  EXPECT_EQ((*console)->Read(100).bytes, "hello\n");
  EXPECT_EQ(*(*console)->Write("help\n"), 5U);
  EXPECT_EQ(service_.host().Get(id).input, "help\n");
  service_.Change(id, REQUEST_OFF);
  service_.Change(id, REQUEST_ON);
  service_.host().Output(id, "again\n");
  EXPECT_EQ((*console)->Read(100).bytes, "again\n");
  service_.Change(id, REQUEST_OFF);
  ASSERT_TRUE(service_.inventory().DestroyMachine(service_.Call(), id).ok());
  EXPECT_TRUE((*console)->Read(100).ended);
}

TEST_F(RunsTest, AConsoleOutlivesTheService) {
  const std::string id = Running(RECOVERY_ACTION_NONE);
  SerialAttachOptions options;
  options.write = true;
  auto console = service_.inventory().AttachSerial(id, 0, options);
  service_.host().Output(id, "last words");
  service_.Close();
  EXPECT_EQ((*console)->Read(100).bytes, "last words");
  EXPECT_EQ(KindOf((*console)->Write("x").status()), ErrorKind::kInvalidState);
}

TEST_F(RunsTest, ThereIsNoConsoleOfWhatIsNotThere) {
  const std::string id = service_.Define("console");
  EXPECT_EQ(KindOf(service_.inventory().AttachSerial(id, 2, {}).status()), ErrorKind::kInvalidParameter);
  EXPECT_EQ(KindOf(service_.inventory().AttachSerial("none", 0, {}).status()), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace cimvisor::inventory
