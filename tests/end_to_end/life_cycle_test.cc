// A machine's whole life through the real programs: defined, run, talked to, paused, reset, turned off, destroyed.
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Collects the EnabledState values that a watcher of one machine hears.
class StateWatcher {
 public:
  StateWatcher(client::Client& client, const std::string& guid) {
    thread_ = std::thread([this, &client, guid] {
      client
          .Watch(
              absl::StrCat("SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA "
                           "'Msvm_ComputerSystem' AND TargetInstance.Name = '",
                           guid, "' AND TargetInstance.EnabledState <> PreviousInstance.EnabledState"),
              -1, cancellation_, [this](int64_t) { started_.Notify(); },
              [this](const cimvisor::v1::Event& event) {
                const client::Value* target = client::Find(event.event(), "TargetInstance");
                const absl::MutexLock lock(&mutex_);
                states_.push_back(client::Integer(target->object(), "EnabledState").value_or(-1));
                return true;
              })
          .IgnoreError();
    });
    EXPECT_TRUE(started_.WaitForNotificationWithTimeout(absl::Seconds(20)));
  }
  ~StateWatcher() {
    cancellation_.Cancel();
    thread_.join();
  }
  std::vector<int64_t> states() {
    const absl::MutexLock lock(&mutex_);
    return states_;
  }

 private:
  client::Cancellation cancellation_;
  absl::Notification started_;
  absl::Mutex mutex_;
  std::vector<int64_t> states_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

class LifeCycleTest : public ServiceFixture {};

TEST_F(LifeCycleTest, WholeLifeOfAMachine) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("hello", 32, 2);
  ASSERT_EQ(guid.size(), 36u);
  EXPECT_EQ(EnabledState(guid), 3);
  EXPECT_EQ(WorkerPid(guid), 0);

  StateWatcher watcher(*client_, guid);
  ASSERT_TRUE(RequestState(guid, 2).ok());
  EXPECT_EQ(EnabledState(guid), 2);
  const int64_t pid = WorkerPid(guid);
  EXPECT_TRUE(ProcessExists(static_cast<pid_t>(pid)));
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(ConsoleText(guid), "2"); }));
  EXPECT_TRUE(ConsoleAnswers(guid, "echo over the wire", "over the wire"));

  ASSERT_TRUE(RequestState(guid, 9).ok());
  EXPECT_EQ(EnabledState(guid), 9);
  ASSERT_TRUE(RequestState(guid, 2).ok());
  EXPECT_EQ(EnabledState(guid), 2);
  EXPECT_EQ(WorkerPid(guid), pid);
  EXPECT_TRUE(ConsoleAnswers(guid, "echo after the pause", "after the pause"));

  ASSERT_TRUE(RequestState(guid, 11).ok());
  EXPECT_EQ(EnabledState(guid), 2);
  EXPECT_TRUE(ConsoleAnswers(guid, "echo after the reset", "after the reset"));

  ASSERT_TRUE(RequestState(guid, 3).ok());
  EXPECT_EQ(EnabledState(guid), 3);
  EXPECT_EQ(WorkerPid(guid), 0);
  EXPECT_TRUE(Eventually([&] { return !ProcessExists(static_cast<pid_t>(pid)); }));

  EXPECT_TRUE(Eventually([&] { return watcher.states().size() >= 10; }));
  EXPECT_THAT(watcher.states(), ElementsAre(10, 2, 32776, 9, 32777, 2, 11, 2, 4, 3));

  EXPECT_EQ(Cli({"vm", "delete", guid}).exit_code, 0);
  EXPECT_EQ(Cli({"vm", "show", guid}).exit_code, 3);
  EXPECT_EQ(ReadFile(boot_folder() + "/hello"), ReadFile(GuestPath()))
      << "destroying a machine must not touch its kernel";
}

TEST_F(LifeCycleTest, TheGuestPowersItselfOff) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("off by itself");
  ASSERT_TRUE(RequestState(guid, 2).ok());
  ASSERT_TRUE(Eventually([&] { return absl::StrContains(ConsoleText(guid), ">"); }));
  const int64_t pid = WorkerPid(guid);
  EXPECT_TRUE(ConsoleAnswers(guid, "poweroff", "poweroff"));
  EXPECT_TRUE(Eventually([&] { return EnabledState(guid) == 3; }));
  EXPECT_TRUE(Eventually([&] { return !ProcessExists(static_cast<pid_t>(pid)); }));
}

TEST_F(LifeCycleTest, WhatTheStateDoesNotAllowIsRefused) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("refuses");
  const auto pause_while_off = client_->Invoke(MachinePath(guid), "RequestStateChange",
                                               {client::Parameter("RequestedState", client::UnsignedValue(9))});
  ASSERT_TRUE(pause_while_off.ok()) << pause_while_off.status();
  EXPECT_EQ(pause_while_off->return_value, 32775u);
  EXPECT_THAT(client::Text(pause_while_off->error, "Message"), HasSubstr("off"));

  ASSERT_TRUE(RequestState(guid, 2).ok());
  const auto destroy_while_on =
      client_->Invoke(ManagementServicePath(), "DestroySystem",
                      {client::Parameter("AffectedSystem", client::ReferenceValue(MachinePath(guid)))});
  ASSERT_TRUE(destroy_while_on.ok()) << destroy_while_on.status();
  EXPECT_NE(destroy_while_on->return_value, 0u);
  EXPECT_EQ(EnabledState(guid), 2);
}

TEST_F(LifeCycleTest, AMachineWithNothingToBootSaysSo) {
  ASSERT_TRUE(StartService());
  const CommandResult created = Cli({"vm", "create", "empty", "--memory", "32M"});
  ASSERT_EQ(created.exit_code, 0) << created.errors;
  ASSERT_EQ(Cli({"vm", "start", "empty"}).exit_code, 0);
  EXPECT_TRUE(Eventually([&] { return Cli({"console", "empty", "--history"}).output.size() > 20; }));
  EXPECT_THAT(absl::AsciiStrToLower(Cli({"console", "empty", "--history"}).output), HasSubstr("boot"));
}

TEST_F(LifeCycleTest, ACrashingGuestIsFollowedAndTold) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("crashes");
  ASSERT_TRUE(RequestState(guid, 2).ok());
  ASSERT_TRUE(Eventually([&] { return absl::StrContains(ConsoleText(guid), ">"); }));
  const size_t before = ConsoleText(guid).size();
  EXPECT_TRUE(ConsoleAnswers(guid, "crash", "crash"));
  // A triple fault resets the machine: the guest greets again.
  EXPECT_TRUE(Eventually([&] { return ConsoleText(guid).size() > before + 40; }));
  EXPECT_EQ(EnabledState(guid), 2);
  EXPECT_TRUE(ConsoleAnswers(guid, "echo alive", "alive"));
}

}  // namespace
}  // namespace cimvisor::testing
