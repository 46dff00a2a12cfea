// A machine without a guest: the same interface and life cycle, with the answers of the small guest of tests/guests on
// its serial port. For tests of faults and of scale; it makes no threads.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_SIMULATED_SIMULATED_MACHINE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_SIMULATED_SIMULATED_MACHINE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/machine/counters.h"
#include "hypervisor-backend/machine/life_cycle.h"
#include "hypervisor-backend/machine/machine.h"
#include "hypervisor-backend/machine/serial_history.h"

namespace cimvisor::simulated {

// What a machine does beside answering. The default takes no time and never fails.
struct Behavior {
  absl::Duration start_delay;   // that Start takes, with its progress reported
  absl::Duration action_delay;  // that each of Pause, Resume, Reset and TurnOff takes
  absl::Status start_failure;   // what Start fails with, after its delay
  uint32_t load_percent = 100;  // of each processor while it runs
};

// The "guest" prints a banner at start and reset, then answers lines on each port: help, uptime, memory, echo TEXT,
// crash (a triple fault, followed as a reset), fail (an internal error, as KVM reports one), reset, poweroff.
// The observer is called on the thread that calls the machine, or Fail.
class SimulatedMachine : public machine::Machine {
 public:
  // The descriptors of `spec` are taken over and closed: nothing is booted.
  static absl::StatusOr<std::unique_ptr<SimulatedMachine>> Make(machine::MachineSpec spec,
                                                                machine::MachineObserver* observer,
                                                                Behavior behavior = {});
  ~SimulatedMachine() override;

  absl::Status Start() override;
  absl::Status Pause() override;
  absl::Status Resume() override;
  absl::Status Reset() override;
  absl::Status TurnOff() override;
  // As if the guest failed in a way that KVM cannot go on from: the observer hears OnEnded with kInternalError. False
  // for a machine that does not run, which goes on.
  bool Fail(absl::string_view detail) ABSL_LOCKS_EXCLUDED(mutex_);
  // It ran, or was to run, and is off now.
  bool ended() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Off at once, without the delay: what a destructor does. The observer is not called any more.
  void Abandon() ABSL_LOCKS_EXCLUDED(mutex_);
  machine::MachineState state() const override;
  absl::StatusOr<machine::Counters> GetCounters() const override;
  absl::StatusOr<size_t> WriteSerial(uint32_t port, absl::string_view bytes) override;
  absl::StatusOr<SerialHistory> ReadSerialHistory(uint32_t port) const override;

 private:
  struct Port {
    machine::SerialRing output;
    std::string line;  // typed so far
  };
  SimulatedMachine(machine::MachineSpec spec, machine::MachineObserver* observer, Behavior behavior);

  // Waits for `delay` in the state that the machine is in. kFailedPrecondition when it left that state meanwhile.
  absl::Status TakeTime(absl::Duration delay) ABSL_LOCKS_EXCLUDED(mutex_);
  // The same for a start, with progress.
  absl::Status TakeTimeToStart() ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Status Apply(machine::LifeCycleEvent event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Print(uint32_t port, absl::string_view text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PrintBanner() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Answer(uint32_t port, absl::string_view line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(machine::EndReason reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GuestReset() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetRunning(bool running) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t RanNanoseconds() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const machine::MachineSpec spec_;
  machine::MachineObserver* const observer_;
  const Behavior behavior_;
  // Held while the observer is called, which must not call back.
  mutable absl::Mutex mutex_;
  machine::MachineState state_ ABSL_GUARDED_BY(mutex_) = machine::MachineState::kOff;
  bool was_started_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Port> ports_ ABSL_GUARDED_BY(mutex_);
  uint64_t ran_nanoseconds_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t running_since_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t exits_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cimvisor::simulated

#endif  // CIMVISOR_HYPERVISOR_BACKEND_SIMULATED_SIMULATED_MACHINE_H_
