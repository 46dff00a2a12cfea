// Simulated machines in this process: a Hypervisor without workers, for tests of scale and of what the service does
// with machines. They end with the process, so there is nothing to adopt.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_SIMULATED_SIMULATED_HYPERVISOR_H_
#define CIMVISOR_HYPERVISOR_BACKEND_SIMULATED_SIMULATED_HYPERVISOR_H_

#include <memory>
#include <queue>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "hypervisor-backend/machine/hypervisor.h"
#include "hypervisor-backend/simulated/simulated_machine.h"

namespace cimvisor::simulated {

// How the machines behave. What each one does is drawn from the seed, the machine's id and how often it was launched
// before: the same seed gives the same trial, in whatever order the machines are started.
struct SimulatedOptions {
  uint64_t seed = 1;
  absl::Duration start_delay_lowest = absl::ZeroDuration();  // of a machine's start: between these two
  absl::Duration start_delay_highest = absl::ZeroDuration();
  absl::Duration action_delay = absl::ZeroDuration();  // of every pause, resume, reset and turning off
  uint32_t load_percent_lowest = 0;
  uint32_t load_percent_highest = 100;
  uint32_t failing_starts_per_mille = 0;
  // A machine that runs fails by itself after a time drawn evenly from zero to twice this. Infinite: never.
  absl::Duration mean_time_to_failure = absl::InfiniteDuration();
};

// Thread-safe.
class SimulatedHypervisor : public machine::Hypervisor {
 public:
  explicit SimulatedHypervisor(SimulatedOptions options = {});
  ~SimulatedHypervisor() override;

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
  struct Failure {
    absl::Time at;
    std::weak_ptr<SimulatedMachine> machine;
    // The earliest stands first in a heap.
    friend bool operator<(const Failure& a, const Failure& b) { return a.at > b.at; }
  };
  Behavior Draw(const std::string& machine_id, absl::Duration* time_to_failure) ABSL_LOCKS_EXCLUDED(mutex_);
  void RunFailures() ABSL_LOCKS_EXCLUDED(mutex_);

  const SimulatedOptions options_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, uint64_t> launches_ ABSL_GUARDED_BY(mutex_);  // by machine
  std::priority_queue<Failure> failures_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::thread failing_;  // makes machines fail; started only where they do
};

}  // namespace cimvisor::simulated

#endif  // CIMVISOR_HYPERVISOR_BACKEND_SIMULATED_SIMULATED_HYPERVISOR_H_
