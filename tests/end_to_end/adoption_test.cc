// The service dies and comes back; workers die; what is told is true.
#include <signal.h>

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::testing {
namespace {

using ::testing::HasSubstr;

class AdoptionTest : public ServiceFixture {};

TEST_F(AdoptionTest, AKilledServiceFindsItsMachinesAgain) {
  ASSERT_TRUE(StartService());
  const std::string running = DefineMachine("running");
  const std::string paused = DefineMachine("paused");
  const std::string off = DefineMachine("off");
  ASSERT_TRUE(RequestState(running, 2).ok());
  ASSERT_TRUE(RequestState(paused, 2).ok());
  ASSERT_TRUE(RequestState(paused, 9).ok());
  EXPECT_TRUE(ConsoleAnswers(running, "echo before the fall", "before the fall"));
  const int64_t running_pid = WorkerPid(running);
  const int64_t paused_pid = WorkerPid(paused);

  KillService();
  EXPECT_TRUE(ProcessExists(static_cast<pid_t>(running_pid)));
  EXPECT_TRUE(ProcessExists(static_cast<pid_t>(paused_pid)));
  ASSERT_TRUE(StartService());

  EXPECT_EQ(EnabledState(running), 2);
  EXPECT_EQ(EnabledState(paused), 9);
  EXPECT_EQ(EnabledState(off), 3);
  EXPECT_EQ(WorkerPid(running), running_pid);
  EXPECT_EQ(WorkerPid(paused), paused_pid);
  EXPECT_THAT(ConsoleText(running), HasSubstr("before the fall"));
  EXPECT_TRUE(ConsoleAnswers(running, "echo after the fall", "after the fall"));
  ASSERT_TRUE(RequestState(paused, 2).ok());
  EXPECT_TRUE(ConsoleAnswers(paused, "echo awake", "awake"));
}

TEST_F(AdoptionTest, SigtermLeavesMachinesRunning) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("stays");
  ASSERT_TRUE(RequestState(guid, 2).ok());
  const int64_t pid = WorkerPid(guid);
  EXPECT_EQ(TerminateService(), 0);
  EXPECT_TRUE(ProcessExists(static_cast<pid_t>(pid)));
  ASSERT_TRUE(StartService());
  EXPECT_EQ(WorkerPid(guid), pid);
}

TEST_F(AdoptionTest, AKilledWorkerIsToldAndTakesOnlyItsMachine) {
  ASSERT_TRUE(StartService());
  const std::string victim = DefineMachine("victim");
  const std::string other = DefineMachine("other");
  SetRecoveryAction(victim, 2);
  ASSERT_TRUE(RequestState(victim, 2).ok());
  ASSERT_TRUE(RequestState(other, 2).ok());
  ASSERT_EQ(kill(static_cast<pid_t>(WorkerPid(victim)), SIGKILL), 0);
  ASSERT_TRUE(Eventually([&] { return EnabledState(victim) == 3; }));
  EXPECT_THAT(client::Text(Machine(victim), "StatusDescriptions"), HasSubstr("signal 9"));
  EXPECT_EQ(EnabledState(other), 2);
  EXPECT_TRUE(ConsoleAnswers(other, "echo unharmed", "unharmed"));
  ASSERT_TRUE(RequestState(victim, 2).ok());
  EXPECT_TRUE(ConsoleAnswers(victim, "echo again", "again"));
}

TEST_F(AdoptionTest, AWorkerThatDiedWhileNobodyWasThereIsTold) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("unseen");
  SetRecoveryAction(guid, 2);
  ASSERT_TRUE(RequestState(guid, 2).ok());
  const auto pid = static_cast<pid_t>(WorkerPid(guid));
  KillService();
  ASSERT_EQ(kill(pid, SIGSEGV), 0);
  ASSERT_TRUE(Eventually([&] { return !ProcessExists(pid); }));
  ASSERT_TRUE(StartService());
  EXPECT_EQ(EnabledState(guid), 3);
  EXPECT_THAT(client::Text(Machine(guid), "StatusDescriptions"), HasSubstr("signal 11"));
}

TEST_F(AdoptionTest, TheAutomaticRecoveryActionRestartsAMachineWhoseWorkerDied) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("recovers");
  ASSERT_TRUE(RequestState(guid, 2).ok());
  const int64_t pid = WorkerPid(guid);
  ASSERT_EQ(kill(static_cast<pid_t>(pid), SIGKILL), 0);
  EXPECT_TRUE(Eventually([&] { return WorkerPid(guid) != pid && EnabledState(guid) == 2; }));
  EXPECT_TRUE(ConsoleAnswers(guid, "echo recovered", "recovered"));
}

TEST_F(AdoptionTest, AWatcherGoesOnBehindARestart) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("watched");
  ASSERT_TRUE(RequestState(guid, 2).ok());
  const auto information = client_->GetServiceInformation(false);
  ASSERT_TRUE(information.ok());
  const int64_t revision = information->header().revision();
  KillService();
  ASSERT_TRUE(StartService());
  ASSERT_TRUE(RequestState(guid, 3).ok());
  client::Cancellation cancellation;
  std::vector<int64_t> states;
  const absl::Status status = client_->Watch(
      "SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA 'Msvm_ComputerSystem'", revision,
      cancellation, nullptr, [&](const cimvisor::v1::Event& event) {
        EXPECT_GT(event.revision(), revision);
        states.push_back(
            client::Integer(client::Find(event.event(), "TargetInstance")->object(), "EnabledState").value_or(-1));
        return states.back() != 3;
      });
  EXPECT_TRUE(status.ok()) << status;
  ASSERT_FALSE(states.empty());
  EXPECT_EQ(states.back(), 3);
}

}  // namespace
}  // namespace cimvisor::testing
