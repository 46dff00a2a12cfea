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

// The "guest" prints a banner at start and reset, then answers lines on each port: help, uptime, memory, echo TEXT,
// crash (a triple fault, followed as a reset), fail (an internal error, as KVM reports one), reset, poweroff.
// The observer is called on the thread that calls the machine.
class SimulatedMachine : public machine::Machine {
 public:
  // The descriptors of `spec` are taken over and closed: nothing is booted.
  static absl::StatusOr<std::unique_ptr<SimulatedMachine>> Make(machine::MachineSpec spec,
                                                                machine::MachineObserver* observer);
  ~SimulatedMachine() override;

  absl::Status Start() override;
  absl::Status Pause() override;
  absl::Status Resume() override;
  absl::Status Reset() override;
  absl::Status TurnOff() override;
  machine::MachineState state() const override;
  absl::StatusOr<machine::Counters> GetCounters() const override;
  absl::StatusOr<size_t> WriteSerial(uint32_t port, absl::string_view bytes) override;
  absl::StatusOr<SerialHistory> ReadSerialHistory(uint32_t port) const override;

 private:
  struct Port {
    machine::SerialRing output;
    std::string line;  // typed so far
  };
  SimulatedMachine(machine::MachineSpec spec, machine::MachineObserver* observer);

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
