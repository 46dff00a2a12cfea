// What every backend must do, as one suite of tests: include this in a test program and instantiate it.
//
//   INSTANTIATE_TEST_SUITE_P(Simulated, MachineConformance, testing::Values(&MakeSimulatedBackend));
//
// The guest is the small guest of tests/guests, or answers as it does: a banner and a prompt, then lines on its first
// serial port: help, echo TEXT, crash (a triple fault), reset, poweroff.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_MACHINE_CONFORMANCE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_MACHINE_CONFORMANCE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/hypervisor.h"
#include "hypervisor-backend/machine/machine.h"
#include "hypervisor-backend/machine/recording_observer.h"

namespace cimvisor::machine {

// A backend under test.
class ConformanceBackend {
 public:
  virtual ~ConformanceBackend() = default;
  virtual Hypervisor& hypervisor() = 0;
  // A machine with the small guest, 1 processor and COM1 and COM2 connected.
  virtual MachineSpec Spec() = 0;
  // What the guest prints when it starts, in part.
  virtual std::string banner() const = 0;
};

class MachineConformance : public testing::TestWithParam<std::unique_ptr<ConformanceBackend> (*)()> {
 protected:
  void SetUp() override {
    backend_ = GetParam()();
    ASSERT_NE(backend_, nullptr);
  }

  // What a failure needs beside its place.
  void TearDown() override {
    if (!HasFailure()) return;
    if (observer_.ends() > 0) {
      const EndReason ended = observer_.WaitForEnd().value_or(EndReason{});
      ADD_FAILURE() << "the machine ended: " << EndKindName(ended.kind) << ", " << ended.detail << "\n"
                    << ended.registers;
    }
    ADD_FAILURE() << "it had printed: " << observer_.output(0);
  }

  // Launched, not started.
  void Launch(MachineSpec spec) {
    auto launched =
        backend_->hypervisor().Launch(std::move(spec), {absl::StrCat("launch-", ++launches_), 1}, &observer_);
    ASSERT_TRUE(launched.ok()) << launched.status();
    machine_ = std::move(launched->machine);
    EXPECT_NE(launched->process_id, 0u);
  }
  // Started, with its prompt.
  void Boot() {
    ASSERT_NO_FATAL_FAILURE(Launch(backend_->Spec()));
    const absl::Status started = machine_->Start();
    ASSERT_TRUE(started.ok()) << started;
    ASSERT_TRUE(observer_.WaitForOutput(0, backend_->banner())) << observer_.output(0);
  }
  // Types a line, as fast as the guest takes it.
  void Type(const std::string& line) {
    size_t written = 0;
    while (written < line.size()) {
      const auto taken = machine_->WriteSerial(0, absl::string_view(line).substr(written));
      ASSERT_TRUE(taken.ok()) << taken.status();
      written += *taken;
    }
  }
  static void ExpectRefused(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_FALSE(status.message().empty());
  }

  std::unique_ptr<ConformanceBackend> backend_;
  RecordingObserver observer_;  // outlives the machine
  std::unique_ptr<Machine> machine_;
  int launches_ = 0;
};

TEST_P(MachineConformance, LifeFromStartToTurnOff) {
  ASSERT_NO_FATAL_FAILURE(Boot());
  EXPECT_EQ(machine_->state(), MachineState::kRunning);
  ASSERT_TRUE(machine_->Pause().ok());
  EXPECT_EQ(machine_->state(), MachineState::kPaused);
  ASSERT_TRUE(machine_->Resume().ok());
  EXPECT_EQ(machine_->state(), MachineState::kRunning);
  ASSERT_TRUE(machine_->TurnOff().ok());
  EXPECT_EQ(machine_->state(), MachineState::kOff);
  const auto ended = observer_.WaitForEnd();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->kind, EndKind::kTurnedOff) << ended->detail;
  machine_.reset();
  EXPECT_EQ(observer_.ends(), 1);
  const std::vector<MachineState> expected = {MachineState::kStarting, MachineState::kRunning,  MachineState::kPausing,
                                              MachineState::kPaused,   MachineState::kResuming, MachineState::kRunning,
                                              MachineState::kStopping, MachineState::kOff};
  EXPECT_EQ(observer_.states(), expected);
}

TEST_P(MachineConformance, RefusesWhatTheStateForbids) {
  ASSERT_NO_FATAL_FAILURE(Launch(backend_->Spec()));
  ExpectRefused(machine_->Pause());
  ExpectRefused(machine_->Resume());
  ExpectRefused(machine_->Reset());
  ExpectRefused(machine_->TurnOff());
  ASSERT_TRUE(machine_->Start().ok());
  ExpectRefused(machine_->Start());
  ExpectRefused(machine_->Resume());
  ASSERT_TRUE(machine_->Pause().ok());
  ExpectRefused(machine_->Start());
  ExpectRefused(machine_->Pause());
  ASSERT_TRUE(machine_->TurnOff().ok());
  ASSERT_TRUE(observer_.WaitForEnd().has_value());
  ExpectRefused(machine_->Pause());
  ExpectRefused(machine_->TurnOff());
}

TEST_P(MachineConformance, StartsPaused) {
  MachineSpec spec = backend_->Spec();
  spec.start_paused = true;
  ASSERT_NO_FATAL_FAILURE(Launch(std::move(spec)));
  ASSERT_TRUE(machine_->Start().ok());
  EXPECT_EQ(machine_->state(), MachineState::kPaused);
  EXPECT_EQ(observer_.output(0), "");
  ASSERT_TRUE(machine_->Resume().ok());
  EXPECT_EQ(machine_->state(), MachineState::kRunning);
}

TEST_P(MachineConformance, SerialInputIsAnswered) {
  ASSERT_NO_FATAL_FAILURE(Boot());
  ASSERT_NO_FATAL_FAILURE(Type("echo seven samurai\n"));
  EXPECT_TRUE(observer_.WaitForOutput(0, "\nseven samurai")) << observer_.output(0);
  const auto history = machine_->ReadSerialHistory(0);
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_NE(history->bytes.find("seven samurai"), std::string::npos);
  EXPECT_GE(history->end_offset, history->bytes.size());
  EXPECT_EQ(observer_.gaps(), 0);
}

TEST_P(MachineConformance, SerialPortsThatAreNotThere) {
  ASSERT_NO_FATAL_FAILURE(Boot());
  EXPECT_EQ(machine_->WriteSerial(7, "x").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(machine_->ReadSerialHistory(7).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(MachineConformance, ResetBootsAnew) {
  ASSERT_NO_FATAL_FAILURE(Boot());
  ASSERT_NO_FATAL_FAILURE(Type("echo before\n"));
  ASSERT_TRUE(observer_.WaitForOutput(0, "\nbefore"));
  ASSERT_TRUE(machine_->Reset().ok());
  EXPECT_TRUE(observer_.WaitForResets(1));
  // What is typed before the guest has its port again may be lost.
  ASSERT_TRUE(observer_.WaitForOutput(0, backend_->banner(), 2)) << observer_.output(0);
  ASSERT_NO_FATAL_FAILURE(Type("echo after\n"));
  EXPECT_TRUE(observer_.WaitForOutput(0, "\nafter")) << observer_.output(0);
  EXPECT_EQ(machine_->state(), MachineState::kRunning);
}

TEST_P(MachineConformance, TheGuestResetsItself) {
  ASSERT_NO_FATAL_FAILURE(Boot());
  ASSERT_NO_FATAL_FAILURE(Type("reset\n"));
  EXPECT_TRUE(observer_.WaitForResets(1));
  EXPECT_EQ(machine_->state(), MachineState::kRunning);
  EXPECT_EQ(observer_.ends(), 0);
}

TEST_P(MachineConformance, ATripleFaultIsFollowedAsAReset) {
  ASSERT_NO_FATAL_FAILURE(Boot());
  ASSERT_NO_FATAL_FAILURE(Type("crash\n"));
  EXPECT_TRUE(observer_.WaitForResets(1));
  EXPECT_EQ(observer_.ends(), 0);
}

TEST_P(MachineConformance, TheGuestPowersItselfOff) {
  ASSERT_NO_FATAL_FAILURE(Boot());
  ASSERT_NO_FATAL_FAILURE(Type("poweroff\n"));
  const auto ended = observer_.WaitForEnd();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->kind, EndKind::kGuestPoweredOff) << ended->detail;
  EXPECT_EQ(machine_->state(), MachineState::kOff);
}

TEST_P(MachineConformance, CountersOfARunningMachine) {
  ASSERT_NO_FATAL_FAILURE(Boot());
  const auto first = machine_->GetCounters();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_GT(first->uptime, absl::ZeroDuration());
  EXPECT_EQ(first->processor_nanoseconds.size(), 1u);
  const auto second = machine_->GetCounters();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_GE(second->uptime, first->uptime);
}

TEST_P(MachineConformance, DestroyingAMachineTurnsItOff) {
  ASSERT_NO_FATAL_FAILURE(Boot());
  machine_.reset();
  // Nothing is heard of it any more, and another one can be made.
  const int ends = observer_.ends();
  EXPECT_LE(ends, 1);
  ASSERT_NO_FATAL_FAILURE(Launch(backend_->Spec()));
  EXPECT_EQ(observer_.ends(), ends);
}

TEST_P(MachineConformance, SpecsThatCannotBe) {
  MachineSpec spec = backend_->Spec();
  spec.memory_bytes = 0;
  EXPECT_EQ(backend_->hypervisor().Launch(std::move(spec), {"odd-1", 1}, &observer_).status().code(),
            absl::StatusCode::kInvalidArgument);
  spec = backend_->Spec();
  spec.memory_bytes += 1;
  EXPECT_EQ(backend_->hypervisor().Launch(std::move(spec), {"odd-2", 1}, &observer_).status().code(),
            absl::StatusCode::kInvalidArgument);
  spec = backend_->Spec();
  spec.processors = 0;
  EXPECT_EQ(backend_->hypervisor().Launch(std::move(spec), {"odd-3", 1}, &observer_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace cimvisor::machine

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_MACHINE_CONFORMANCE_H_
