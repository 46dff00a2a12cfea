#include "providers/inventory/live_machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "providers/inventory/errors.h"

namespace cimvisor::inventory {
namespace {

constexpr absl::Duration kLoadInterval = absl::Seconds(1);
// A guest that resets itself in a loop makes no more commits than this.
constexpr absl::Duration kResetInterval = absl::Seconds(1);

absl::Status NotThere(const std::string& machine_id) {
  return InventoryError(ErrorKind::kInvalidState, absl::StrCat("the machine ", machine_id, " is off: start it first"));
}

}  // namespace

State StateOf(machine::MachineState state) {
  switch (state) {
    case machine::MachineState::kOff:
      return STATE_OFF;
    case machine::MachineState::kStarting:
      return STATE_STARTING;
    case machine::MachineState::kRunning:
      return STATE_RUNNING;
    case machine::MachineState::kPausing:
      return STATE_PAUSING;
    case machine::MachineState::kPaused:
      return STATE_PAUSED;
    case machine::MachineState::kResuming:
      return STATE_RESUMING;
    case machine::MachineState::kStopping:
      return STATE_STOPPING;
  }
  return STATE_UNKNOWN;
}

// The backend's machine goes first: it calls this object until it is gone.
LiveMachine::~LiveMachine() { machine_.reset(); }

void LiveMachine::SetMachine(std::unique_ptr<machine::Machine> machine, uint32_t process_id) {
  machine_ = std::move(machine);
  process_id_ = process_id;
}

void LiveMachine::HoldSerialOutput() {
  for (const std::shared_ptr<SerialPortHub>& port : ports_) port->Hold();
}

void LiveMachine::ReplaySerialHistory() {
  for (uint32_t port = 0; port < kSerialPorts; ++port) {
    absl::StatusOr<machine::Machine::SerialHistory> history = machine::Machine::SerialHistory();
    if (machine_ != nullptr) history = machine_->ReadSerialHistory(port);
    // Without a history (the worker is gone: its end is reported elsewhere) what was heard meanwhile is all there is.
    if (!history.ok()) history = machine::Machine::SerialHistory();
    const uint64_t size = history->bytes.size();
    ports_[port]->Replay(history->end_offset - std::min(size, history->end_offset), history->bytes);
  }
}

State LiveMachine::state() const {
  if (machine_ == nullptr || ended().has_value()) return STATE_OFF;
  return StateOf(machine_->state());
}

std::optional<machine::EndReason> LiveMachine::ended() const {
  absl::MutexLock lock(&mutex_);
  return ended_;
}

std::optional<machine::EndReason> LiveMachine::WaitForEnd(absl::Duration limit) const {
  const auto has_ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ended_.has_value(); };
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&has_ended), limit);
  return ended_;
}

absl::Status LiveMachine::Start(StartProgress progress) {
  if (machine_ == nullptr) return NotThere(machine_id_);
  progress_ = std::move(progress);
  const absl::Status started = machine_->Start();
  progress_ = nullptr;
  return started;
}
absl::Status LiveMachine::Pause() { return machine_ == nullptr ? NotThere(machine_id_) : machine_->Pause(); }
absl::Status LiveMachine::Resume() { return machine_ == nullptr ? NotThere(machine_id_) : machine_->Resume(); }
absl::Status LiveMachine::Reset() {
  if (machine_ == nullptr) return NotThere(machine_id_);
  {
    absl::MutexLock lock(&mutex_);
    ++requested_resets_;
  }
  absl::Status status = machine_->Reset();
  if (!status.ok()) {
    absl::MutexLock lock(&mutex_);
    if (requested_resets_ > 0) --requested_resets_;
  }
  return status;
}

absl::Status LiveMachine::TurnOff() { return machine_ == nullptr ? absl::OkStatus() : machine_->TurnOff(); }

void LiveMachine::Detach() {
  if (machine_ != nullptr) machine_->Detach();
}

absl::StatusOr<MachineUsage> LiveMachine::Usage() {
  if (machine_ == nullptr || ended().has_value()) return NotThere(machine_id_);
  ASSIGN_OR_RETURN(const machine::Counters counters, machine_->GetCounters());
  MachineUsage usage;
  usage.uptime = counters.uptime;
  usage.memory_used_mib = counters.memory_resident_bytes >> 20;
  usage.process_id = process_id_;
  uint64_t nanoseconds = 0;
  for (uint64_t processor : counters.processor_nanoseconds) nanoseconds += processor;
  const bool runs = machine_->state() == machine::MachineState::kRunning;

  absl::MutexLock lock(&mutex_);
  const absl::Duration passed = counters.uptime - sampled_uptime_;
  if (passed >= kLoadInterval && !counters.processor_nanoseconds.empty()) {
    const double available =
        absl::ToDoubleNanoseconds(passed) * static_cast<double>(counters.processor_nanoseconds.size());
    const uint64_t used = nanoseconds - std::min(nanoseconds, sampled_nanoseconds_);
    load_percent_ = static_cast<uint32_t>(std::clamp(100.0 * static_cast<double>(used) / available, 0.0, 100.0));
    sampled_uptime_ = counters.uptime;
    sampled_nanoseconds_ = nanoseconds;
  }
  usage.processor_load_percent = runs ? load_percent_ : 0;
  return usage;
}

absl::StatusOr<size_t> LiveMachine::WriteSerial(uint32_t port, absl::string_view bytes) {
  if (machine_ == nullptr || ended().has_value()) return NotThere(machine_id_);
  return machine_->WriteSerial(port, bytes);
}

void LiveMachine::OnStateChanged(machine::MachineState, machine::MachineState to) {
  // Only what lasts can differ from the record for long; the end is heard by OnEnded.
  if (to != machine::MachineState::kRunning && to != machine::MachineState::kPaused) return;
  events_.Push({.kind = MachineEvent::Kind::kSettle, .machine_id = machine_id_});
}

void LiveMachine::OnEnded(const machine::EndReason& reason) {
  {
    absl::MutexLock lock(&mutex_);
    if (ended_.has_value()) return;
    ended_ = reason;
  }
  events_.Push({.kind = MachineEvent::Kind::kEnded, .machine_id = machine_id_, .launch_id = launch_id_});
}

// What the service asked for is told by its job.
void LiveMachine::OnReset() {
  absl::Duration delay = absl::ZeroDuration();
  {
    absl::MutexLock lock(&mutex_);
    if (requested_resets_ > 0) {
      --requested_resets_;
      return;
    }
    if (reset_is_pushed_) return;
    reset_is_pushed_ = true;
    const absl::Time now = absl::Now();
    delay = std::max(next_reset_ - now, absl::ZeroDuration());
    next_reset_ = now + delay + kResetInterval;
  }
  events_.Push({.kind = MachineEvent::Kind::kReset, .machine_id = machine_id_, .launch_id = launch_id_}, delay);
}

void LiveMachine::TakeReset() {
  absl::MutexLock lock(&mutex_);
  reset_is_pushed_ = false;
}

void LiveMachine::OnStartProgress(int percent, absl::string_view step) {
  if (progress_) progress_(percent, step);
}

void LiveMachine::OnSerialOutput(uint32_t port, uint64_t offset, absl::string_view bytes) {
  if (port < ports_.size()) ports_[port]->Output(offset, bytes);
}

}  // namespace cimvisor::inventory
