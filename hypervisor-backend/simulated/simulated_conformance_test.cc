#include <algorithm>
#include <thread>

#include "hypervisor-backend/machine/machine_conformance.h"
#include "hypervisor-backend/simulated/simulated_hypervisor.h"

namespace cimvisor::machine {
namespace {

class SimulatedBackend : public ConformanceBackend {
 public:
  Hypervisor& hypervisor() override { return hypervisor_; }
  MachineSpec Spec() override {
    MachineSpec spec;
    spec.machine_id = "4C9D6C3A-0000-0000-0000-000000000001";
    spec.memory_bytes = 64 << 20;
    spec.serial_ports = {{true}, {true}};
    return spec;
  }
  std::string banner() const override { return "simulated guest"; }

 private:
  simulated::SimulatedHypervisor hypervisor_;
};

std::unique_ptr<ConformanceBackend> MakeBackend() { return std::make_unique<SimulatedBackend>(); }

INSTANTIATE_TEST_SUITE_P(Simulated, MachineConformance, testing::Values(&MakeBackend));

TEST(SimulatedHypervisor, LaunchesFailOnRequest) {
  simulated::SimulatedHypervisor hypervisor;
  SimulatedBackend backend;
  RecordingObserver observer;
  hypervisor.FailLaunches(absl::ResourceExhaustedError("no memory"));
  EXPECT_EQ(hypervisor.Launch(backend.Spec(), {"1", 1}, &observer).status().message(), "no memory");
  hypervisor.FailLaunches(absl::OkStatus());
  EXPECT_TRUE(hypervisor.Launch(backend.Spec(), {"1", 1}, &observer).ok());
}

TEST(SimulatedHypervisor, InternalErrorIsReportedWithRegisters) {
  simulated::SimulatedHypervisor hypervisor;
  SimulatedBackend backend;
  RecordingObserver observer;
  auto launched = hypervisor.Launch(backend.Spec(), {"1", 1}, &observer);
  ASSERT_TRUE(launched.ok());
  ASSERT_TRUE(launched->machine->Start().ok());
  ASSERT_TRUE(launched->machine->WriteSerial(0, "fail\n").ok());
  const auto ended = observer.WaitForEnd();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->kind, EndKind::kInternalError);
  EXPECT_FALSE(ended->registers.empty());
}

TEST(SimulatedHypervisor, WhatItLaunchedBeforeHasEnded) {
  simulated::SimulatedHypervisor hypervisor;
  const auto adopted = hypervisor.Adopt({{"M", "L", 7}}, 2, [](const std::string&) { return nullptr; });
  ASSERT_EQ(adopted.size(), 1u);
  EXPECT_EQ(adopted[0]->machine, nullptr);
  EXPECT_EQ(adopted[0]->ended.kind, EndKind::kWorkerDied);
}

// The same suite where everything takes time.
class SlowBackend : public SimulatedBackend {
 public:
  Hypervisor& hypervisor() override { return slow_; }

 private:
  simulated::SimulatedHypervisor slow_{{.start_delay_lowest = absl::Milliseconds(5),
                                        .start_delay_highest = absl::Milliseconds(20),
                                        .action_delay = absl::Milliseconds(3)}};
};
std::unique_ptr<ConformanceBackend> MakeSlowBackend() { return std::make_unique<SlowBackend>(); }
INSTANTIATE_TEST_SUITE_P(SimulatedSlow, MachineConformance, testing::Values(&MakeSlowBackend));

// Which of 100 starts fail, machine by machine.
std::string FailingStarts(uint64_t seed) {
  simulated::SimulatedHypervisor hypervisor({.seed = seed, .failing_starts_per_mille = 300});
  SimulatedBackend backend;
  std::string starts;
  for (int i = 0; i < 100; ++i) {
    RecordingObserver observer;
    MachineSpec spec = backend.Spec();
    spec.machine_id = absl::StrCat("machine ", i);
    auto launched = hypervisor.Launch(std::move(spec), {"1", 1}, &observer);
    starts += launched->machine->Start().ok() ? '.' : 'x';
  }
  return starts;
}

TEST(SimulatedHypervisor, TheSeedDecidesWhichStartsFail) {
  const std::string starts = FailingStarts(7);
  EXPECT_EQ(FailingStarts(7), starts);
  EXPECT_NE(FailingStarts(8), starts);
  const auto failed = std::count(starts.begin(), starts.end(), 'x');
  EXPECT_GT(failed, 10);
  EXPECT_LT(failed, 60);
}

TEST(SimulatedHypervisor, ARunningMachineFailsByItself) {
  RecordingObserver observer;
  simulated::SimulatedHypervisor hypervisor({.mean_time_to_failure = absl::Milliseconds(1)});
  SimulatedBackend backend;
  auto launched = hypervisor.Launch(backend.Spec(), {"1", 1}, &observer);
  ASSERT_TRUE(launched.ok());
  // Not before it runs.
  ASSERT_TRUE(launched->machine->Start().ok());
  const auto ended = observer.WaitForEnd();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->kind, EndKind::kInternalError);
  EXPECT_EQ(launched->machine->state(), MachineState::kOff);
}

TEST(SimulatedHypervisor, AStartThatIsTurnedOffMeanwhileEnds) {
  RecordingObserver observer;
  simulated::SimulatedHypervisor hypervisor(
      {.start_delay_lowest = absl::Hours(1), .start_delay_highest = absl::Hours(1)});
  SimulatedBackend backend;
  auto launched = hypervisor.Launch(backend.Spec(), {"1", 1}, &observer);
  ASSERT_TRUE(launched.ok());
  std::thread other([&] {
    while (!launched->machine->TurnOff().ok()) std::this_thread::yield();  // off until Start has begun
  });
  EXPECT_EQ(launched->machine->Start().code(), absl::StatusCode::kFailedPrecondition);
  other.join();
  EXPECT_EQ(launched->machine->state(), MachineState::kOff);
}

}  // namespace
}  // namespace cimvisor::machine
