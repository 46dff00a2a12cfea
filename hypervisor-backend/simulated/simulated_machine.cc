#include "hypervisor-backend/simulated/simulated_machine.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::simulated {
namespace {

using machine::EndKind;
using machine::EndReason;
using machine::LifeCycleEvent;
using machine::MachineState;

constexpr size_t kMaxLine = 4096;

}  // namespace

absl::StatusOr<std::unique_ptr<SimulatedMachine>> SimulatedMachine::Make(machine::MachineSpec spec,
                                                                         machine::MachineObserver* observer,
                                                                         Behavior behavior) {
  for (int* fd : {&spec.kernel_fd, &spec.initrd_fd, &spec.kvm_fd, &spec.memory_fd}) {
    const machine::FileDescriptor closed(std::exchange(*fd, -1));
  }
  return std::unique_ptr<SimulatedMachine>(new SimulatedMachine(std::move(spec), observer, std::move(behavior)));
}

SimulatedMachine::SimulatedMachine(machine::MachineSpec spec, machine::MachineObserver* observer, Behavior behavior)
    : spec_(std::move(spec)), observer_(observer), behavior_(std::move(behavior)), ports_(spec_.serial_ports.size()) {}

SimulatedMachine::~SimulatedMachine() { Abandon(); }

void SimulatedMachine::Abandon() {
  absl::MutexLock lock(&mutex_);
  if (state_ == MachineState::kOff) return;
  // Refused when it is stopping already.
  Apply(LifeCycleEvent::kTurnOff).IgnoreError();
  End({.kind = EndKind::kTurnedOff});
}

absl::Status SimulatedMachine::Apply(LifeCycleEvent event) {
  ASSIGN_OR_RETURN(const MachineState next, machine::NextState(state_, event));
  const MachineState before = std::exchange(state_, next);
  if (before != next) observer_->OnStateChanged(before, next);
  return absl::OkStatus();
}

uint64_t SimulatedMachine::RanNanoseconds() const {
  return ran_nanoseconds_ + (running_since_ == 0 ? 0 : machine::MonotonicNanoseconds() - running_since_);
}

void SimulatedMachine::SetRunning(bool running) {
  ran_nanoseconds_ = RanNanoseconds();
  running_since_ = running ? machine::MonotonicNanoseconds() : 0;
}

absl::Status SimulatedMachine::TakeTime(absl::Duration delay) {
  if (delay <= absl::ZeroDuration()) return absl::OkStatus();
  absl::MutexLock lock(&mutex_);
  const MachineState during = state_;
  const auto left = [this, during]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return state_ != during; };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&left), delay)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the machine is ", machine::MachineStateName(state_), " meanwhile"));
}

absl::Status SimulatedMachine::TakeTimeToStart() {
  if (behavior_.start_delay <= absl::ZeroDuration()) return absl::OkStatus();
  constexpr int kSteps = 20;
  for (int step = 0; step < kSteps; ++step) {
    observer_->OnStartProgress(step * 100 / kSteps, "the simulated guest starts");
    RETURN_IF_ERROR(TakeTime(behavior_.start_delay / kSteps));
  }
  return absl::OkStatus();
}

absl::Status SimulatedMachine::Start() {
  {
    absl::MutexLock lock(&mutex_);
    if (was_started_) {
      return absl::FailedPreconditionError(
          "\"start\" is not possible: a machine is started once, and this one has ended");
    }
    RETURN_IF_ERROR(Apply(LifeCycleEvent::kStart));
    was_started_ = true;
  }
  RETURN_IF_ERROR(TakeTimeToStart());
  absl::MutexLock lock(&mutex_);
  if (state_ != MachineState::kStarting) {
    return absl::FailedPreconditionError("the machine was turned off while it was being started");
  }
  if (!behavior_.start_failure.ok()) {
    RETURN_IF_ERROR(Apply(LifeCycleEvent::kTurnOff));
    End({.kind = EndKind::kInternalError, .detail = std::string(behavior_.start_failure.message())});
    return behavior_.start_failure;
  }
  if (spec_.start_paused) {
    SetRunning(false);
    return Apply(LifeCycleEvent::kStartedPaused);
  }
  SetRunning(true);
  RETURN_IF_ERROR(Apply(LifeCycleEvent::kStarted));
  PrintBanner();
  return absl::OkStatus();
}

absl::Status SimulatedMachine::Pause() {
  {
    absl::MutexLock lock(&mutex_);
    RETURN_IF_ERROR(Apply(LifeCycleEvent::kPause));
  }
  RETURN_IF_ERROR(TakeTime(behavior_.action_delay));
  absl::MutexLock lock(&mutex_);
  SetRunning(false);
  return Apply(LifeCycleEvent::kPaused);
}

absl::Status SimulatedMachine::Resume() {
  {
    absl::MutexLock lock(&mutex_);
    RETURN_IF_ERROR(Apply(LifeCycleEvent::kResume));
  }
  RETURN_IF_ERROR(TakeTime(behavior_.action_delay));
  absl::MutexLock lock(&mutex_);
  SetRunning(true);
  return Apply(LifeCycleEvent::kResumed);
}

absl::Status SimulatedMachine::Reset() {
  RETURN_IF_ERROR(TakeTime(behavior_.action_delay));
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Apply(LifeCycleEvent::kReset));
  GuestReset();
  return absl::OkStatus();
}

void SimulatedMachine::GuestReset() {
  for (Port& port : ports_) port.line.clear();
  observer_->OnReset();
  if (state_ == MachineState::kRunning) PrintBanner();
}

absl::Status SimulatedMachine::TurnOff() {
  {
    absl::MutexLock lock(&mutex_);
    RETURN_IF_ERROR(Apply(LifeCycleEvent::kTurnOff));
  }
  RETURN_IF_ERROR(TakeTime(behavior_.action_delay));
  absl::MutexLock lock(&mutex_);
  // Ended by itself meanwhile: it is off, as was asked for.
  if (state_ == MachineState::kOff) return absl::OkStatus();
  End({.kind = EndKind::kTurnedOff});
  return absl::OkStatus();
}

bool SimulatedMachine::ended() const {
  absl::MutexLock lock(&mutex_);
  return was_started_ && state_ == MachineState::kOff;
}

bool SimulatedMachine::Fail(absl::string_view detail) {
  absl::MutexLock lock(&mutex_);
  if (state_ != MachineState::kRunning) return false;
  Apply(LifeCycleEvent::kGuestPowerOff).IgnoreError();  // legal: it runs
  End({.kind = EndKind::kInternalError, .detail = std::string(detail), .registers = "rip 0000000000000000"});
  return true;
}

void SimulatedMachine::End(EndReason reason) {
  SetRunning(false);
  // Legal in every state but off, where nothing ends.
  Apply(LifeCycleEvent::kEnded).IgnoreError();
  observer_->OnEnded(reason);
}

MachineState SimulatedMachine::state() const {
  absl::MutexLock lock(&mutex_);
  return state_;
}

absl::StatusOr<machine::Counters> SimulatedMachine::GetCounters() const {
  absl::MutexLock lock(&mutex_);
  machine::Counters counters;
  counters.uptime = absl::Nanoseconds(static_cast<int64_t>(RanNanoseconds()));
  counters.processor_nanoseconds.assign(spec_.processors, RanNanoseconds() / 100 * behavior_.load_percent);
  counters.memory_resident_bytes = std::min<uint64_t>(spec_.memory_bytes, 2 * 1024 * 1024);
  counters.exits = exits_;
  counters.userspace_exits = exits_;
  return counters;
}

absl::StatusOr<machine::Machine::SerialHistory> SimulatedMachine::ReadSerialHistory(uint32_t port) const {
  absl::MutexLock lock(&mutex_);
  if (port >= ports_.size()) return absl::NotFoundError(absl::StrCat("there is no serial port ", port));
  return ports_[port].output.History();
}

absl::StatusOr<size_t> SimulatedMachine::WriteSerial(uint32_t port, absl::string_view bytes) {
  absl::MutexLock lock(&mutex_);
  if (port >= ports_.size()) return absl::NotFoundError(absl::StrCat("there is no serial port ", port));
  if (state_ != MachineState::kRunning) {
    return absl::FailedPreconditionError(
        absl::StrCat("serial input is not possible while the machine is ", machine::MachineStateName(state_)));
  }
  size_t taken = 0;
  while (taken < bytes.size() && state_ == MachineState::kRunning) {
    const char c = bytes[taken++];
    ++exits_;
    if (c == '\n' || c == '\r') {
      const std::string line = std::exchange(ports_[port].line, "");
      Print(port, "\r\n");
      Answer(port, absl::StripAsciiWhitespace(line));
    } else if (ports_[port].line.size() < kMaxLine) {
      ports_[port].line.push_back(c);
      Print(port, absl::string_view(&c, 1));
    }
  }
  return taken;
}

void SimulatedMachine::Print(uint32_t port, absl::string_view text) {
  const uint64_t offset = ports_[port].output.end_offset();
  ports_[port].output.Append(text);
  exits_ += text.size();
  observer_->OnSerialOutput(port, offset, text);
}

void SimulatedMachine::PrintBanner() {
  if (ports_.empty()) return;
  Print(0, absl::StrCat("simulated guest: processors ", spec_.processors, ", memory ", spec_.memory_bytes >> 20,
                        " MiB\r\n> "));
}

void SimulatedMachine::Answer(uint32_t port, absl::string_view line) {
  const auto reply = [this, port](absl::string_view text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Print(port, absl::StrCat(text, text.empty() ? "" : "\r\n", "> "));
  };
  if (line == "help") {
    reply("help uptime memory echo crash fail reset poweroff");
  } else if (line == "uptime") {
    reply(absl::StrCat(RanNanoseconds() / 1'000'000, " ms"));
  } else if (line == "memory") {
    reply(absl::StrCat(spec_.memory_bytes >> 20, " MiB"));
  } else if (line.substr(0, 5) == "echo ") {
    reply(line.substr(5));
  } else if (line == "reset" || line == "crash") {
    GuestReset();
  } else if (line == "poweroff") {
    Apply(LifeCycleEvent::kGuestPowerOff).IgnoreError();  // legal: it runs
    End({.kind = EndKind::kGuestPoweredOff});
  } else if (line == "fail") {
    Apply(LifeCycleEvent::kGuestPowerOff).IgnoreError();
    End({.kind = EndKind::kInternalError,
         .detail = "the guest asked for a failure",
         .registers = "rip 0000000000000000"});
  } else {
    reply(line.empty() ? "" : absl::StrCat("unknown command: ", line));
  }
}

}  // namespace cimvisor::simulated
