// One run of a machine: the backend's machine, what it said, and how it ended.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_LIVE_MACHINE_H_
#define CIMVISOR_PROVIDERS_INVENTORY_LIVE_MACHINE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "hypervisor-backend/machine/machine.h"
#include "providers/inventory/configuration.h"
#include "providers/inventory/event_loop.h"
#include "providers/inventory/inventory.h"
#include "providers/inventory/serial_port_hub.h"

namespace cimvisor::inventory {

// Both ports of a machine, kept beyond its runs.
using SerialPorts = std::array<std::shared_ptr<SerialPortHub>, kSerialPorts>;

// Our words for the backend's state.
State StateOf(machine::MachineState state);

// Thread-safe. Made before the backend's machine, whose observer it is; destroying it destroys that machine, which
// turns it off unless Detach was called.
class LiveMachine final : public machine::MachineObserver {
 public:
  // `events` outlives it.
  LiveMachine(std::string machine_id, std::string launch_id, SerialPorts ports, EventLoop& events)
      : machine_id_(std::move(machine_id)),
        launch_id_(std::move(launch_id)),
        ports_(std::move(ports)),
        events_(events) {}
  ~LiveMachine() override;

  const std::string& launch_id() const { return launch_id_; }

  // Once, before anybody else may reach this object.
  void SetMachine(std::unique_ptr<machine::Machine> machine, uint32_t process_id);
  // For an adoption: before it, so that what is heard early waits; and after it, once SetMachine was called or the run
  // is known to be over, to hand what the backend remembers to the listeners.
  void HoldSerialOutput();
  void ReplaySerialHistory();
  uint32_t process_id() const { return process_id_; }

  // kRunning, …: what it does now; STATE_OFF once it has ended, and before SetMachine.
  State state() const;
  std::optional<machine::EndReason> ended() const;
  // The reason of the end, if it comes within `limit`.
  std::optional<machine::EndReason> WaitForEnd(absl::Duration limit) const;

  // The backend's actions; kFailedPrecondition before SetMachine.
  // `progress` hears how far the start is (0 to 100, and the step in words), on this thread, before Start returns.
  using StartProgress = std::function<void(int percent, absl::string_view step)>;
  absl::Status Start(StartProgress progress);
  absl::Status Pause();
  absl::Status Resume();
  absl::Status Reset();
  absl::Status TurnOff();
  void Detach();

  absl::StatusOr<MachineUsage> Usage();
  absl::StatusOr<size_t> WriteSerial(uint32_t port, absl::string_view bytes);

  // The reset that was pushed as MachineEvent::kReset is being recorded: the next one is pushed again.
  void TakeReset();

  // machine::MachineObserver
  void OnStateChanged(machine::MachineState from, machine::MachineState to) override;
  void OnEnded(const machine::EndReason& reason) override;
  void OnStartProgress(int percent, absl::string_view step) override;
  void OnReset() override;
  void OnSerialOutput(uint32_t port, uint64_t offset, absl::string_view bytes) override;

 private:
  const std::string machine_id_;
  const std::string launch_id_;
  const SerialPorts ports_;
  EventLoop& events_;
  std::unique_ptr<machine::Machine> machine_;  // set once, see SetMachine
  uint32_t process_id_ = 0;
  StartProgress progress_;  // used only by the thread that is in Start

  mutable absl::Mutex mutex_;
  std::optional<machine::EndReason> ended_ ABSL_GUARDED_BY(mutex_);
  int requested_resets_ ABSL_GUARDED_BY(mutex_) = 0;  // by Reset, and not yet heard of
  bool reset_is_pushed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time next_reset_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // none is recorded earlier
  // The load is that between two samples at least a second of the machine's time apart.
  absl::Duration sampled_uptime_ ABSL_GUARDED_BY(mutex_);
  uint64_t sampled_nanoseconds_ ABSL_GUARDED_BY(mutex_) = 0;
  uint32_t load_percent_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_LIVE_MACHINE_H_
