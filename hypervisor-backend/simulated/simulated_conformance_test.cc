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

}  // namespace
}  // namespace cimvisor::machine
