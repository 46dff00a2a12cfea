#include "hypervisor-backend/simulated/simulated_hypervisor.h"

#include <unistd.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "hypervisor-backend/simulated/simulated_machine.h"

namespace cimvisor::simulated {

absl::StatusOr<machine::LaunchedMachine> SimulatedHypervisor::Launch(machine::MachineSpec spec,
                                                                     const machine::LaunchIdentity& /*launch*/,
                                                                     machine::MachineObserver* observer) {
  constexpr uint64_t kMemoryUnit = 2 * 1024 * 1024;
  absl::Status refusal;
  {
    absl::MutexLock lock(&mutex_);
    refusal = failure_;
  }
  if (refusal.ok() && (spec.memory_bytes == 0 || spec.memory_bytes % kMemoryUnit != 0)) {
    refusal = absl::InvalidArgumentError(
        absl::StrCat("memory of ", spec.memory_bytes, " bytes is not a multiple of 2 MiB above 0"));
  }
  if (refusal.ok() && spec.processors == 0) refusal = absl::InvalidArgumentError("a machine has at least 1 processor");
  if (!refusal.ok()) {
    const machine::FileDescriptor kernel(spec.kernel_fd);
    const machine::FileDescriptor initrd(spec.initrd_fd);
    return refusal;
  }
  ASSIGN_OR_RETURN(std::unique_ptr<SimulatedMachine> machine, SimulatedMachine::Make(std::move(spec), observer));
  return machine::LaunchedMachine{std::move(machine), static_cast<uint32_t>(getpid())};
}

std::vector<absl::StatusOr<machine::RunningMachine>> SimulatedHypervisor::Adopt(
    const std::vector<KnownLaunch>& launches, int64_t /*epoch*/,
    const std::function<machine::MachineObserver*(const std::string& machine_id)>& /*observer_for*/) {
  std::vector<absl::StatusOr<machine::RunningMachine>> results;
  for (const KnownLaunch& launch : launches) {
    machine::RunningMachine ended;
    ended.machine_id = launch.machine_id;
    ended.launch_id = launch.launch_id;
    ended.ended.kind = machine::EndKind::kWorkerDied;
    ended.ended.detail = "a simulated machine ends with its service";
    results.push_back(std::move(ended));
  }
  return results;
}

machine::HostCapabilities SimulatedHypervisor::Qualify(bool /*again*/) {
  machine::HostCapabilities capabilities;
  capabilities.verdict = machine::HostVerdict::kAnyGuest;
  capabilities.processor = "simulated";
  capabilities.kernel_release = "simulated";
  capabilities.logical_processors = std::thread::hardware_concurrency();
  capabilities.max_processors_per_machine = 240;
  return capabilities;
}

void SimulatedHypervisor::FailLaunches(absl::Status failure) {
  absl::MutexLock lock(&mutex_);
  failure_ = std::move(failure);
}

}  // namespace cimvisor::simulated
