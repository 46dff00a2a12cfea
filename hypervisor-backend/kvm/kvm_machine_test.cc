// Whole machines on the real /dev/kvm, with the small guest.
#include "hypervisor-backend/kvm/kvm_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <thread>
#include <vector>

#include "hypervisor-backend/kvm/machine_fixture.h"

namespace cimvisor::kvm {
namespace {

using machine::EndKind;
using machine::MachineState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using KvmMachineTest = MachineTest;
using State = MachineState;

TEST_F(KvmMachineTest, TheGuestBootsAndSaysWhatItRunsOn) {
  ASSERT_NO_FATAL_FAILURE(BootHello());
  EXPECT_THAT(observer_.output(), HasSubstr("Cimvisor small guest: 1 processor, "));
  EXPECT_EQ(machine_->state(), State::kRunning);
  EXPECT_THAT(observer_.state_changes(),
              ElementsAre(Pair(State::kOff, State::kStarting), Pair(State::kStarting, State::kRunning)));
}

TEST_F(KvmMachineTest, TheGuestSeesItsMemory) {
  ASSERT_NO_FATAL_FAILURE(BootHello());
  ASSERT_NO_FATAL_FAILURE(Type("memory\r"));
  // 64 MiB without what stands between 639 KiB and 1 MiB.
  EXPECT_TRUE(observer_.WaitForOutput("memory\r\n65151 KiB of memory\r\n")) << observer_.output();
}

TEST_F(KvmMachineTest, TheGuestAnswersOnItsSerialPort) {
  ASSERT_NO_FATAL_FAILURE(BootHello());
  ASSERT_NO_FATAL_FAILURE(Type("echo one two three\r"));
  EXPECT_TRUE(observer_.WaitForOutput("\r\none two three\r\n")) << observer_.output();
  ASSERT_NO_FATAL_FAILURE(Type("help\r"));
  EXPECT_TRUE(observer_.WaitForOutput("turns the machine off")) << observer_.output();
  ASSERT_NO_FATAL_FAILURE(Type("uptime\r"));
  EXPECT_TRUE(observer_.WaitForOutput(" seconds\r\n")) << observer_.output();
}

TEST_F(KvmMachineTest, FourProcessorsAllStart) {
  ASSERT_NO_FATAL_FAILURE(BootHello(4));
  EXPECT_THAT(observer_.output(), HasSubstr("Cimvisor small guest: 4 processors, "));
  const auto counters = machine_->GetCounters();
  ASSERT_TRUE(counters.ok());
  EXPECT_EQ(counters->processor_nanoseconds.size(), 4);
}

TEST_F(KvmMachineTest, APausedMachineDoesNothingUntilItIsResumed) {
  ASSERT_NO_FATAL_FAILURE(BootHello(2));
  ASSERT_TRUE(machine_->Pause().ok());
  EXPECT_EQ(machine_->state(), State::kPaused);
  const uint64_t written = machine_->ReadSerialHistory(0)->end_offset;
  const uint64_t exits = machine_->GetCounters()->exits;
  const absl::Duration uptime = machine_->GetCounters()->uptime;
  ASSERT_NO_FATAL_FAILURE(Type("echo later\r"));
  EXPECT_EQ(machine_->ReadSerialHistory(0)->end_offset, written);
  EXPECT_EQ(machine_->GetCounters()->exits, exits);
  EXPECT_EQ(machine_->GetCounters()->uptime, uptime);
  ASSERT_TRUE(machine_->Resume().ok());
  EXPECT_TRUE(observer_.WaitForOutput("\r\nlater\r\n")) << observer_.output();
}

TEST_F(KvmMachineTest, PauseAndResumeManyTimesLoseNothing) {
  ASSERT_NO_FATAL_FAILURE(BootHello(2));
  for (int i = 0; i < 50; ++i) {
    ASSERT_NO_FATAL_FAILURE(Type("echo x\r"));
    ASSERT_TRUE(machine_->Pause().ok());
    ASSERT_TRUE(machine_->Resume().ok());
  }
  EXPECT_TRUE(observer_.WaitForOutput("\r\nx\r\n", 50)) << observer_.output();
}

TEST_F(KvmMachineTest, StartPausedStandsAtItsFirstInstruction) {
  ASSERT_NO_FATAL_FAILURE(MakeHello(1, true));
  ASSERT_TRUE(machine_->Start().ok());
  EXPECT_EQ(machine_->state(), State::kPaused);
  EXPECT_EQ(machine_->GetCounters()->exits, 0);
  ASSERT_TRUE(machine_->Resume().ok());
  EXPECT_TRUE(observer_.WaitForOutput("\r\n> "));
}

TEST_F(KvmMachineTest, ResetFromOutsideStartsTheGuestAnew) {
  ASSERT_NO_FATAL_FAILURE(BootHello(2));
  ASSERT_TRUE(machine_->Reset().ok());
  EXPECT_EQ(machine_->state(), State::kRunning);
  EXPECT_TRUE(observer_.WaitForOutput("small guest: 2 processors", 2)) << observer_.output();
  EXPECT_EQ(observer_.resets(), 1);
}

TEST_F(KvmMachineTest, ResetOfAPausedMachineLeavesItPaused) {
  ASSERT_NO_FATAL_FAILURE(BootHello());
  ASSERT_TRUE(machine_->Pause().ok());
  ASSERT_TRUE(machine_->Reset().ok());
  EXPECT_EQ(machine_->state(), State::kPaused);
  ASSERT_TRUE(machine_->Resume().ok());
  EXPECT_TRUE(observer_.WaitForOutput("small guest", 2)) << observer_.output();
}

TEST_F(KvmMachineTest, TheGuestResetsItself) {
  ASSERT_NO_FATAL_FAILURE(BootHello(2));
  ASSERT_NO_FATAL_FAILURE(Type("reset\r"));
  EXPECT_TRUE(observer_.WaitForResets(1));
  EXPECT_TRUE(observer_.WaitForOutput("small guest: 2 processors", 2)) << observer_.output();
  EXPECT_EQ(machine_->state(), State::kRunning);
}

TEST_F(KvmMachineTest, ATripleFaultIsFollowedAsAReset) {
  ASSERT_NO_FATAL_FAILURE(BootHello(2));
  ASSERT_NO_FATAL_FAILURE(Type("crash\r"));
  EXPECT_TRUE(observer_.WaitForResets(1));
  EXPECT_TRUE(observer_.WaitForOutput("small guest: 2 processors", 2)) << observer_.output();
  ASSERT_NO_FATAL_FAILURE(Type("echo alive\r"));
  EXPECT_TRUE(observer_.WaitForOutput("\r\nalive\r\n"));
}

TEST_F(KvmMachineTest, TheGuestPowersOff) {
  ASSERT_NO_FATAL_FAILURE(BootHello());
  ASSERT_NO_FATAL_FAILURE(Type("poweroff\r"));
  ASSERT_TRUE(observer_.WaitForEnd());
  EXPECT_EQ(observer_.end().kind, EndKind::kGuestPoweredOff);
  EXPECT_EQ(machine_->state(), State::kOff);
  EXPECT_THAT(observer_.state_changes().back(), Pair(State::kStopping, State::kOff));
}

TEST_F(KvmMachineTest, TurnOffWhileItRuns) {
  ASSERT_NO_FATAL_FAILURE(BootHello(2));
  ASSERT_TRUE(machine_->TurnOff().ok());
  EXPECT_EQ(machine_->state(), State::kOff);
  ASSERT_TRUE(observer_.WaitForEnd());
  EXPECT_EQ(observer_.end().kind, EndKind::kTurnedOff);
}

TEST_F(KvmMachineTest, TurnOffWhileItIsPaused) {
  ASSERT_NO_FATAL_FAILURE(BootHello());
  ASSERT_TRUE(machine_->Pause().ok());
  ASSERT_TRUE(machine_->TurnOff().ok());
  ASSERT_TRUE(observer_.WaitForEnd());
}

TEST_F(KvmMachineTest, AMachineThatEndedStartsAgain) {
  ASSERT_NO_FATAL_FAILURE(BootHello(2));
  ASSERT_TRUE(machine_->TurnOff().ok());
  const absl::Status started = machine_->Start();
  ASSERT_TRUE(started.ok()) << started;
  EXPECT_TRUE(observer_.WaitForOutput("small guest: 2 processors", 2)) << observer_.output();
}

TEST_F(KvmMachineTest, SignalsThatTheMakingThreadBlocksStopNoPause) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &all, &before), 0);
  ASSERT_NO_FATAL_FAILURE(BootHello(2));
  EXPECT_TRUE(machine_->Pause().ok());
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
}

TEST_F(KvmMachineTest, DestroyingARunningMachineTurnsItOff) {
  ASSERT_NO_FATAL_FAILURE(BootHello());
  machine_.reset();
  EXPECT_EQ(observer_.end().kind, EndKind::kTurnedOff);
}

TEST_F(KvmMachineTest, WhatTheStateForbidsIsRefusedByName) {
  ASSERT_NO_FATAL_FAILURE(MakeHello());
  for (const absl::Status& refusal : {machine_->Pause(), machine_->Resume(), machine_->Reset(), machine_->TurnOff()}) {
    EXPECT_EQ(refusal.code(), absl::StatusCode::kFailedPrecondition) << refusal;
    EXPECT_THAT(std::string(refusal.message()), HasSubstr("off")) << refusal;
  }
  ASSERT_TRUE(machine_->Start().ok());
  EXPECT_EQ(machine_->Start().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(machine_->Resume().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(KvmMachineTest, ActionsFromManyThreadsLeaveATrueState) {
  ASSERT_NO_FATAL_FAILURE(BootHello(2));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, i] {
      for (int round = 0; round < 20; ++round) {
        // Each may be refused, by what another thread did.
        (void)machine_->Pause();
        if (i == 0) (void)machine_->Reset();
        (void)machine_->Resume();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (machine_->state() == State::kPaused) {
    ASSERT_TRUE(machine_->Resume().ok());
  }
  EXPECT_EQ(machine_->state(), State::kRunning);
  ASSERT_TRUE(machine_->Reset().ok());
  EXPECT_TRUE(observer_.WaitForResets(1));
  ASSERT_TRUE(machine_->TurnOff().ok());
}

TEST_F(KvmMachineTest, CountersGrow) {
  ASSERT_NO_FATAL_FAILURE(BootHello());
  const auto counters = machine_->GetCounters();
  ASSERT_TRUE(counters.ok());
  EXPECT_GT(counters->exits, 0);
  EXPECT_GT(counters->processor_nanoseconds.at(0), 0);
  EXPECT_GT(counters->memory_resident_bytes, 0);
  EXPECT_LT(counters->memory_resident_bytes, 4 << 20) << "booting must not touch the guest's whole memory";
  EXPECT_GT(counters->uptime, absl::ZeroDuration());
}

TEST_F(KvmMachineTest, TheHistoryHoldsWhatWasWritten) {
  ASSERT_NO_FATAL_FAILURE(BootHello());
  const auto history = machine_->ReadSerialHistory(0);
  ASSERT_TRUE(history.ok());
  EXPECT_THAT(history->bytes, HasSubstr("Cimvisor small guest"));
  EXPECT_EQ(history->end_offset, history->bytes.size());
}

TEST_F(KvmMachineTest, SerialPortsThatAreNotThereAreNotFound) {
  ASSERT_NO_FATAL_FAILURE(MakeHello());
  EXPECT_EQ(machine_->WriteSerial(2, "x").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(machine_->ReadSerialHistory(7).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(machine_->ReadSerialHistory(1).ok());
}

TEST_F(KvmMachineTest, InputBeyondTheQueueIsNotTaken) {
  ASSERT_NO_FATAL_FAILURE(MakeHello());  // off: nobody reads
  const std::string much(100'000, 'a');
  const auto taken = machine_->WriteSerial(0, much);
  ASSERT_TRUE(taken.ok());
  EXPECT_LT(*taken, 10'000);
  EXPECT_LE(machine_->WriteSerial(0, much).value(), 1) << "only what moved on into the receiver makes room";
}

TEST_F(KvmMachineTest, WithoutAKernelItPrintsTheBootOrderAndHalts) {
  machine::MachineSpec spec = MakeTestSpec();
  spec.boot_order_text = "Boot order:\r\n 1. hard disk: none\r\nNothing to boot.\r\n";
  ASSERT_NO_FATAL_FAILURE(Make(std::move(spec)));
  ASSERT_TRUE(machine_->Start().ok());
  EXPECT_TRUE(observer_.WaitForOutput("Nothing to boot.\r\n")) << observer_.output() << observer_.end().detail;
  EXPECT_EQ(machine_->state(), State::kRunning);
  ASSERT_TRUE(machine_->TurnOff().ok());
}

TEST_F(KvmMachineTest, AGuestThatPrintsMuchLosesNothing) {
  machine::MachineSpec spec = MakeTestSpec();
  spec.boot_order_text = std::string(28'000, '.') + "end";
  ASSERT_NO_FATAL_FAILURE(Make(std::move(spec)));
  ASSERT_TRUE(machine_->Start().ok());
  ASSERT_TRUE(observer_.WaitForOutput("end"));
  EXPECT_EQ(observer_.output().size(), 28'003);
}

}  // namespace
}  // namespace cimvisor::kvm
