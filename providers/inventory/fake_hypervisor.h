// A hypervisor without guests, for tests: its workers outlive the object, as real ones outlive the service, and do as
// told.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_FAKE_HYPERVISOR_H_
#define CIMVISOR_PROVIDERS_INVENTORY_FAKE_HYPERVISOR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/machine/hypervisor.h"

namespace cimvisor::inventory {

// The processes of a host: one worker a machine, by the machine's id. Thread-safe.
class FakeHost {
 public:
  struct Worker {
    std::string launch_id;
    uint32_t process_id = 0;
    machine::MachineState state = machine::MachineState::kOff;
    machine::EndReason ended;
    bool alive = true;
    machine::MachineSpec spec;  // its descriptors are closed; -1 or 0 (there was one)
    std::string output;
    std::string input;
    machine::MachineObserver* observer = nullptr;  // null while no service is there
    int resets = 0;
  };

  // What the next call of an action ("launch", "start", "pause", "resume", "reset", "turn off") returns, once. With
  // `ends` set the worker dies of it.
  void FailNext(const std::string& action, absl::Status status, bool ends = false);
  // Called at the begin of every action, before its effect, without a lock.
  void OnAction(std::function<void(const std::string& action, const std::string& machine_id)> hook);
  void SetCapabilities(machine::HostCapabilities capabilities);

  // The service dies: from now on nothing that its objects do reaches the workers, and nothing is heard of them. A
  // FakeHypervisor that is made later is another service's.
  void LoseService();

  // The worker of a machine as it is now; not alive when there was none.
  Worker Get(const std::string& machine_id) const;
  size_t living() const;
  // Ends a worker, as by a signal or the guest's own doing; its observer hears it.
  void End(const std::string& machine_id, machine::EndReason reason);
  // The guest writes.
  void Output(const std::string& machine_id, absl::string_view bytes);
  // The guest resets its machine; the observer hears it.
  void GuestReset(const std::string& machine_id);
  // Puts a worker in a state behind the service's back; its observer hears it.
  void Force(const std::string& machine_id, machine::MachineState state);

 private:
  friend class FakeMachine;
  friend class FakeHypervisor;
  absl::Status Begin(const std::string& action, const std::string& machine_id, int service);
  int service() const;

  mutable absl::Mutex mutex_;
  std::map<std::string, Worker> workers_ ABSL_GUARDED_BY(mutex_);
  struct Failure {
    absl::Status status;
    bool ends = false;
  };
  std::map<std::string, Failure> failures_ ABSL_GUARDED_BY(mutex_);
  std::function<void(const std::string&, const std::string&)> hook_ ABSL_GUARDED_BY(mutex_);
  machine::HostCapabilities capabilities_ ABSL_GUARDED_BY(mutex_);
  int service_ ABSL_GUARDED_BY(mutex_) = 0;  // counts the services
  uint32_t next_process_id_ ABSL_GUARDED_BY(mutex_) = 1000;
};

// The service's side. `host` outlives it and its machines.
class FakeHypervisor : public machine::Hypervisor {
 public:
  explicit FakeHypervisor(FakeHost& host) : host_(host), service_(host.service()) {}
  absl::string_view name() const override { return "fake"; }
  absl::StatusOr<machine::LaunchedMachine> Launch(machine::MachineSpec spec, const machine::LaunchIdentity& launch,
                                                  machine::MachineObserver* observer) override;
  std::vector<absl::StatusOr<machine::RunningMachine>> Adopt(
      const std::vector<KnownLaunch>& launches, int64_t epoch,
      const std::function<machine::MachineObserver*(const std::string& machine_id)>& observer_for) override;
  machine::HostCapabilities Qualify(bool again) override;

 private:
  FakeHost& host_;
  const int service_;
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_FAKE_HYPERVISOR_H_
