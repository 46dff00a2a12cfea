// The service's side and real worker processes (over the simulated machine), from launch to every kind of end.
#include "hypervisor-backend/worker/worker_hypervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hypervisor-backend/machine/recording_observer.h"
#include "hypervisor-backend/worker/main/worker_test_support.h"

namespace cimvisor::worker {
namespace {

using machine::EndKind;
using machine::MachineState;
using machine::RecordingObserver;
using testing::HasSubstr;

constexpr char kMachine[] = "4C9D6C3A-0000-0000-0000-000000000001";

// What the kernel and the hypervisor's own thread take away soon.
bool WaitUntilAbsent(const std::string& path) {
  for (int i = 0; i < 6000 && std::filesystem::exists(path); ++i) absl::SleepFor(absl::Milliseconds(5));
  return !std::filesystem::exists(path);
}

class WorkerHypervisorTest : public testing::Test {
 protected:
  void SetUp() override { Restart(); }

  // A service that comes up, on what the one before left.
  void Restart(WorkerHypervisorOptions* options = nullptr) {
    hypervisor_.reset();
    auto made = WorkerHypervisor::Create(options != nullptr ? *options : SimulatedOptions(folder_.path()));
    ASSERT_TRUE(made.ok()) << made.status();
    hypervisor_ = *std::move(made);
  }

  machine::LaunchedMachine Launch(const std::string& launch_id, RecordingObserver* observer, int64_t epoch = 1,
                                  const std::string& machine_id = kMachine) {
    auto launched = hypervisor_->Launch(SmallSpec(machine_id), {launch_id, epoch}, observer);
    EXPECT_TRUE(launched.ok()) << launched.status();
    return launched.ok() ? *std::move(launched) : machine::LaunchedMachine{};
  }
  machine::LaunchedMachine Boot(const std::string& launch_id, RecordingObserver* observer, int64_t epoch = 1) {
    machine::LaunchedMachine launched = Launch(launch_id, observer, epoch);
    if (launched.machine != nullptr) {
      const absl::Status started = launched.machine->Start();
      EXPECT_TRUE(started.ok()) << started;
      EXPECT_TRUE(observer->WaitForOutput(0, "> "));
    }
    return launched;
  }
  absl::StatusOr<machine::RunningMachine> AdoptOne(const std::string& launch_id, RecordingObserver* observer,
                                                   int64_t epoch) {
    auto adopted = hypervisor_->Adopt({{kMachine, launch_id, 0}}, epoch, [&](const std::string&) { return observer; });
    return std::move(adopted[0]);
  }

  TemporaryFolder folder_;
  RecordingObserver observer_;  // outlives the machines and the hypervisor
  std::unique_ptr<WorkerHypervisor> hypervisor_;
};

TEST_F(WorkerHypervisorTest, AKilledWorkerIsReportedWithItsSignal) {
  machine::LaunchedMachine launched = Boot("launch", &observer_);
  ASSERT_EQ(kill(static_cast<pid_t>(launched.process_id), SIGKILL), 0);
  const auto ended = observer_.WaitForEnd();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->kind, EndKind::kWorkerDied);
  EXPECT_EQ(ended->signal, SIGKILL);
  EXPECT_THAT(ended->detail, HasSubstr("SIGKILL"));
  EXPECT_THAT(ended->detail, HasSubstr("while the machine was running"));
  EXPECT_EQ(launched.machine->state(), MachineState::kOff);
  EXPECT_EQ(launched.machine->Pause().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(WorkerHypervisorTest, OneDeathTouchesOneMachine) {
  RecordingObserver other_observer;
  machine::LaunchedMachine one = Boot("one", &observer_);
  machine::LaunchedMachine other = Boot("other", &other_observer);
  kill(static_cast<pid_t>(one.process_id), SIGKILL);
  ASSERT_TRUE(observer_.WaitForEnd().has_value());
  EXPECT_EQ(other.machine->state(), MachineState::kRunning);
  ASSERT_TRUE(other.machine->WriteSerial(0, "echo alive\n").ok());
  EXPECT_TRUE(other_observer.WaitForOutput(0, "\nalive"));
  EXPECT_EQ(other_observer.ends(), 0);
  other.machine.reset();
}

TEST_F(WorkerHypervisorTest, TheParentsDeathDoesNotEndTheMachine) {
  machine::LaunchedMachine launched = Boot("launch", &observer_);
  const std::string parent = StatusField(launched.process_id, "PPid");
  ASSERT_EQ(kill(static_cast<pid_t>(std::stol(parent)), SIGKILL), 0);
  ASSERT_TRUE(launched.machine->WriteSerial(0, "echo orphan\n").ok());
  EXPECT_TRUE(observer_.WaitForOutput(0, "\norphan"));
  EXPECT_EQ(observer_.ends(), 0);
  kill(static_cast<pid_t>(launched.process_id), SIGKILL);
  const auto ended = observer_.WaitForEnd();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->kind, EndKind::kWorkerDied);
  EXPECT_THAT(ended->detail, HasSubstr("parent"));
}

TEST_F(WorkerHypervisorTest, AMachineThatCannotBeMadeSaysWhy) {
  machine::MachineSpec spec = SmallSpec(kMachine);
  spec.command_line = "refuse";
  const auto launched = hypervisor_->Launch(std::move(spec), {"launch", 1}, &observer_);
  EXPECT_EQ(launched.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(launched.status().message()), HasSubstr("asks to be refused"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/launch")) << "nothing is left of it";
}

TEST_F(WorkerHypervisorTest, LaunchIdsAreFileNamesAndUsedOnce) {
  EXPECT_EQ(hypervisor_->Launch(SmallSpec(kMachine), {"../up", 1}, &observer_).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(hypervisor_->Launch(SmallSpec(kMachine), {"", 1}, &observer_).status().code(),
            absl::StatusCode::kInvalidArgument);
  machine::LaunchedMachine launched = Boot("same", &observer_);
  EXPECT_EQ(hypervisor_->Launch(SmallSpec(kMachine), {"same", 1}, &observer_).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(launched.machine->state(), MachineState::kRunning) << "the first is not touched";
}

TEST_F(WorkerHypervisorTest, AServiceThatComesBackAdoptsWithStateUptimeAndHistory) {
  machine::LaunchedMachine launched = Boot("launch", &observer_);
  ASSERT_TRUE(launched.machine->WriteSerial(0, "echo remember me\n").ok());
  ASSERT_TRUE(observer_.WaitForOutput(0, "\nremember me"));
  ASSERT_TRUE(launched.machine->Pause().ok());
  const auto counters_before = launched.machine->GetCounters();
  ASSERT_TRUE(counters_before.ok());
  launched.machine->Detach();
  launched.machine.reset();
  Restart();

  RecordingObserver second;
  auto running = AdoptOne("launch", &second, 2);
  ASSERT_TRUE(running.ok()) << running.status();
  ASSERT_NE(running->machine, nullptr) << running->ended.detail;
  EXPECT_EQ(running->process_id, launched.process_id);
  EXPECT_EQ(running->machine->state(), MachineState::kPaused);
  EXPECT_NE(running->started_at, absl::Time());
  const auto history = running->machine->ReadSerialHistory(0);
  ASSERT_TRUE(history.ok());
  EXPECT_THAT(history->bytes, HasSubstr("\nremember me"));
  EXPECT_EQ(history->bytes, observer_.output(0)) << "the same stream from its first byte on";
  const auto counters = running->machine->GetCounters();
  ASSERT_TRUE(counters.ok());
  EXPECT_GE(counters->uptime, counters_before->uptime);
  ASSERT_TRUE(running->machine->Resume().ok());
  ASSERT_TRUE(running->machine->WriteSerial(0, "echo again\n").ok());
  EXPECT_TRUE(second.WaitForOutput(0, "\nagain"));
  ASSERT_TRUE(running->machine->TurnOff().ok());
  const auto ended = second.WaitForEnd();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->kind, EndKind::kTurnedOff);
  running->machine.reset();
}

TEST_F(WorkerHypervisorTest, HowAWorkerDiedWhileNobodyWasThere) {
  machine::LaunchedMachine launched = Boot("launch", &observer_);
  const auto parent = static_cast<pid_t>(std::stol(StatusField(launched.process_id, "PPid")));
  launched.machine->Detach();
  launched.machine.reset();
  hypervisor_.reset();
  kill(static_cast<pid_t>(launched.process_id), SIGABRT);
  int status = 0;
  ASSERT_EQ(waitpid(parent, &status, 0), parent) << "the parent has written its record when it ends";
  Restart();
  RecordingObserver second;
  const auto running = AdoptOne("launch", &second, 2);
  ASSERT_TRUE(running.ok()) << running.status();
  EXPECT_EQ(running->machine, nullptr);
  EXPECT_EQ(running->ended.kind, EndKind::kWorkerDied);
  EXPECT_EQ(running->ended.signal, SIGABRT);
  hypervisor_->Forget("launch");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/launch"));
}

TEST_F(WorkerHypervisorTest, WhyAMachineEndedWhileNobodyWasThere) {
  machine::LaunchedMachine launched = Launch("launch", &observer_);
  const auto parent = static_cast<pid_t>(std::stol(StatusField(launched.process_id, "PPid")));
  ASSERT_TRUE(launched.machine->Start().ok());
  launched.machine->Detach();
  // Written, and not waited for: the guest powers off as the service goes.
  const auto taken = launched.machine->WriteSerial(0, "poweroff\n");
  ASSERT_TRUE(taken.ok()) << taken.status();
  launched.machine.reset();
  hypervisor_.reset();
  int status = 0;
  // Reaped by the service, if it saw the end before it went.
  waitpid(parent, &status, 0);
  Restart();
  RecordingObserver second;
  const auto running = AdoptOne("launch", &second, 2);
  ASSERT_TRUE(running.ok()) << running.status();
  EXPECT_EQ(running->machine, nullptr);
  EXPECT_EQ(running->ended.kind, EndKind::kGuestPoweredOff) << running->ended.detail;
}

TEST_F(WorkerHypervisorTest, AWorkerThatNoLaunchNamesIsEnded) {
  machine::LaunchedMachine launched = Boot("stray", &observer_);
  launched.machine->Detach();
  launched.machine.reset();
  Restart();
  EXPECT_TRUE(hypervisor_->Adopt({}, 2, [](const std::string&) { return nullptr; }).empty());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/stray"));
  const std::string state = StatusField(launched.process_id, "State");
  EXPECT_TRUE(state.empty() || state[0] == 'Z') << state;
}

TEST_F(WorkerHypervisorTest, LaunchesThatLeftNothing) {
  RecordingObserver second;
  const auto running = AdoptOne("never-was", &second, 2);
  ASSERT_TRUE(running.ok());
  EXPECT_EQ(running->machine, nullptr);
  EXPECT_EQ(running->ended.kind, EndKind::kHostRestarted);
}

TEST_F(WorkerHypervisorTest, AHigherEpochDisplacesALower) {
  machine::LaunchedMachine launched = Boot("launch", &observer_, /*epoch=*/3);
  auto second_hypervisor = WorkerHypervisor::Create(SimulatedOptions(folder_.path()));
  ASSERT_TRUE(second_hypervisor.ok());
  RecordingObserver second;
  const auto observer_for = [&](const std::string&) { return &second; };
  auto older = (*second_hypervisor)->Adopt({{kMachine, "launch", 0}}, 2, observer_for);
  EXPECT_EQ(older[0].status().code(), absl::StatusCode::kAborted) << older[0].status();
  EXPECT_EQ(launched.machine->state(), MachineState::kRunning);

  auto newer = (*second_hypervisor)->Adopt({{kMachine, "launch", 0}}, 4, observer_for);
  ASSERT_TRUE(newer[0].ok()) << newer[0].status();
  ASSERT_TRUE(newer[0]->machine->Pause().ok());
  const absl::Status displaced = launched.machine->Resume();
  EXPECT_TRUE(absl::IsAborted(displaced) || absl::IsUnavailable(displaced)) << displaced;
  EXPECT_EQ(newer[0]->machine->state(), MachineState::kPaused);
  ASSERT_TRUE(newer[0]->machine->TurnOff().ok());
  newer[0]->machine.reset();
}

TEST_F(WorkerHypervisorTest, AStuckWorkerIsTurnedOffAndDelaysNobody) {
  WorkerHypervisorOptions options = SimulatedOptions(folder_.path());
  options.request_timeout = absl::Milliseconds(200);
  options.turn_off_timeout = absl::Milliseconds(200);
  Restart(&options);
  machine::LaunchedMachine stuck = Boot("stuck", &observer_);
  EXPECT_EQ(stuck.machine->WriteSerial(0, "stop\n").status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(stuck.machine->Pause().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(stuck.machine->GetCounters().ok()) << "what it published is there without it";
  RecordingObserver other_observer;
  machine::LaunchedMachine other = Launch("other", &other_observer);
  EXPECT_TRUE(other.machine->Start().ok());
  ASSERT_TRUE(stuck.machine->TurnOff().ok());
  const auto ended = observer_.WaitForEnd();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->kind, EndKind::kTurnedOff);
  EXPECT_THAT(ended->detail, HasSubstr("killed"));
  other.machine.reset();
}

TEST_F(WorkerHypervisorTest, AStuckWorkerIsAdoptedAndCanBeTurnedOff) {
  machine::LaunchedMachine launched = Boot("launch", &observer_);
  kill(static_cast<pid_t>(launched.process_id), SIGSTOP);
  launched.machine->Detach();
  launched.machine.reset();
  WorkerHypervisorOptions options = SimulatedOptions(folder_.path());
  options.handshake_timeout = absl::Milliseconds(300);
  options.turn_off_timeout = absl::Milliseconds(100);
  Restart(&options);
  RecordingObserver second;
  auto running = AdoptOne("launch", &second, 2);
  ASSERT_TRUE(running.ok()) << running.status();
  ASSERT_NE(running->machine, nullptr);
  EXPECT_TRUE(running->machine->TurnOff().ok());
  EXPECT_TRUE(second.WaitForEnd().has_value());
  running->machine.reset();
}

TEST_F(WorkerHypervisorTest, TwentyWorkersAreAdopted) {
  constexpr int kWorkers = 20;
  std::vector<std::unique_ptr<RecordingObserver>> observers;
  std::vector<machine::Hypervisor::KnownLaunch> launches;
  for (int i = 0; i < kWorkers; ++i) {
    observers.push_back(std::make_unique<RecordingObserver>());
    const std::string launch_id = absl::StrCat("launch-", i);
    machine::LaunchedMachine launched = Launch(launch_id, observers.back().get(), 1, absl::StrCat("machine-", i));
    ASSERT_NE(launched.machine, nullptr);
    ASSERT_TRUE(launched.machine->Start().ok());
    launches.push_back({absl::StrCat("machine-", i), launch_id, launched.process_id});
    launched.machine->Detach();
  }
  Restart();
  RecordingObserver second;
  auto adopted = hypervisor_->Adopt(launches, 2, [&](const std::string&) { return &second; });
  ASSERT_EQ(adopted.size(), static_cast<size_t>(kWorkers));
  for (int i = 0; i < kWorkers; ++i) {
    ASSERT_TRUE(adopted[i].ok()) << adopted[i].status();
    ASSERT_NE(adopted[i]->machine, nullptr) << adopted[i]->ended.detail;
    EXPECT_EQ(adopted[i]->machine_id, launches[i].machine_id);
    EXPECT_EQ(adopted[i]->process_id, launches[i].process_id);
    EXPECT_EQ(adopted[i]->machine->state(), MachineState::kRunning);
  }
  adopted.clear();
}

TEST_F(WorkerHypervisorTest, LongRuntimePathsWork) {
  std::string path = folder_.path();
  while (path.size() < 300) {
    path += "/" + std::string(60, 'd');
    ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
  }
  WorkerHypervisorOptions options = SimulatedOptions(path);
  Restart(&options);
  machine::LaunchedMachine launched = Boot("launch", &observer_);
  ASSERT_NE(launched.machine, nullptr);
  EXPECT_TRUE(launched.machine->TurnOff().ok());
}

TEST_F(WorkerHypervisorTest, NothingIsLeftOfAMachineThatEnded) {
  machine::LaunchedMachine launched = Boot("launch", &observer_);
  ASSERT_TRUE(std::filesystem::exists(folder_.path() + "/launch/record"));
  ASSERT_TRUE(launched.machine->TurnOff().ok());
  launched.machine.reset();
  EXPECT_TRUE(WaitUntilAbsent(folder_.path() + "/launch"));
  EXPECT_TRUE(WaitUntilAbsent(absl::StrCat("/proc/", launched.process_id)));
}

TEST_F(WorkerHypervisorTest, AMachineThatWasTurnedOffIsNoMoreWhenItsServiceGoes) {
  machine::LaunchedMachine launched = Boot("launch", &observer_);
  ASSERT_TRUE(launched.machine->TurnOff().ok());
  EXPECT_EQ(launched.machine->state(), MachineState::kOff);
  EXPECT_EQ(launched.machine->Reset().code(), absl::StatusCode::kFailedPrecondition);
  launched.machine.reset();
  Restart();
  EXPECT_TRUE(WaitUntilAbsent(absl::StrCat("/proc/", launched.process_id)));
  EXPECT_TRUE(hypervisor_->Adopt({}, 2, [](const std::string&) { return nullptr; }).empty());
  EXPECT_TRUE(WaitUntilAbsent(folder_.path() + "/launch"));
}

TEST(WorkerHypervisorCreate, NamesWhatIsUnusable) {
  TemporaryFolder folder;
  WorkerHypervisorOptions options = SimulatedOptions(folder.path());
  options.worker_program = folder.path() + "/absent";
  const auto no_program = WorkerHypervisor::Create(options);
  EXPECT_EQ(no_program.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(no_program.status().message()), HasSubstr("/absent"));
  options = SimulatedOptions(folder.path() + "/a/b/c");
  EXPECT_EQ(WorkerHypervisor::Create(options).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace cimvisor::worker
