// Simulated machines in this process: a Hypervisor without workers, for tests of scale and of what the service does
// with machines. They end with the process, so there is nothing to adopt.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_SIMULATED_SIMULATED_HYPERVISOR_H_
#define CIMVISOR_HYPERVISOR_BACKEND_SIMULATED_SIMULATED_HYPERVISOR_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/machine/hypervisor.h"

namespace cimvisor::simulated {

// Thread-safe.
class SimulatedHypervisor : public machine::Hypervisor {
 public:
  absl::string_view name() const override { return "simulated"; }
  absl::StatusOr<machine::LaunchedMachine> Launch(machine::MachineSpec spec, const machine::LaunchIdentity& launch,
                                                  machine::MachineObserver* observer) override;
  // Every launch has ended: its worker died with the service that simulated it.
  std::vector<absl::StatusOr<machine::RunningMachine>> Adopt(
      const std::vector<KnownLaunch>& launches, int64_t epoch,
      const std::function<machine::MachineObserver*(const std::string& machine_id)>& observer_for) override;
  machine::HostCapabilities Qualify(bool again) override;  // any guest

  // The next launches fail with `failure` until it is OK again.
  void FailLaunches(absl::Status failure) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::simulated

#endif  // CIMVISOR_HYPERVISOR_BACKEND_SIMULATED_SIMULATED_HYPERVISOR_H_
