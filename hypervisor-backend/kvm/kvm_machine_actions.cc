// What a KvmMachine does when it is asked to, and when its guest asks.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hypervisor-backend/kvm/kvm_machine_impl.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {

using machine::EndKind;
using machine::EndReason;
using machine::LifeCycleEvent;
using machine::MachineState;

namespace {

absl::Status EndedMeanwhile() {
  return absl::FailedPreconditionError("the machine ended by itself in the meantime; see the reason of its end");
}

}  // namespace

absl::Status KvmMachine::Start() {
  absl::MutexLock lock(&action_mutex_);
  RETURN_IF_ERROR(Advance(LifeCycleEvent::kStart));
  const absl::Status loaded = Load();
  if (!loaded.ok()) {
    RETURN_IF_ERROR(Advance(LifeCycleEvent::kEnded));
    return loaded;
  }
  triple_faults_.Forget();
  ForgetUptime();
  if (spec_.start_paused) return Advance(LifeCycleEvent::kStartedPaused);
  RunProcessors();
  return Advance(LifeCycleEvent::kStarted);
}

absl::Status KvmMachine::Pause() {
  absl::MutexLock lock(&action_mutex_);
  FollowGuestEvent();
  RETURN_IF_ERROR(Advance(LifeCycleEvent::kPause));
  StopProcessors();
  FollowGuestEvent();  // what it did just before it stopped
  if (state() == MachineState::kOff) return EndedMeanwhile();
  return Advance(LifeCycleEvent::kPaused);
}

absl::Status KvmMachine::Resume() {
  absl::MutexLock lock(&action_mutex_);
  RETURN_IF_ERROR(Advance(LifeCycleEvent::kResume));
  RunProcessors();
  return Advance(LifeCycleEvent::kResumed);
}

absl::Status KvmMachine::Reset() {
  absl::MutexLock lock(&action_mutex_);
  RETURN_IF_ERROR(Advance(LifeCycleEvent::kReset));
  StopProcessors();
  FollowGuestEvent();  // if it powered off before it stopped, it is off
  if (state() == MachineState::kOff) return EndedMeanwhile();
  StopProcessors();
  {
    absl::MutexLock wake_lock(&wake_mutex_);
    guest_event_.reset();
  }
  const absl::Status loaded = Load();
  if (!loaded.ok()) {
    End(LifeCycleEvent::kTurnOff,
        {.kind = EndKind::kInternalError, .detail = absl::StrCat("the reset failed: ", loaded.message())});
    return loaded;
  }
  notifier_.PostReset();
  if (state() == MachineState::kRunning) RunProcessors();
  Wake();
  return absl::OkStatus();
}

absl::Status KvmMachine::TurnOff() {
  absl::MutexLock lock(&action_mutex_);
  const absl::StatusOr<MachineState> allowed = machine::NextState(state(), LifeCycleEvent::kTurnOff);
  if (!allowed.ok()) return allowed.status();
  End(LifeCycleEvent::kTurnOff, {.kind = EndKind::kTurnedOff});
  return absl::OkStatus();
}

absl::Status KvmMachine::Advance(LifeCycleEvent event) {
  const MachineState from = state();
  ASSIGN_OR_RETURN(const MachineState to, machine::NextState(from, event));
  if (from == to) return absl::OkStatus();
  state_.store(to);
  notifier_.PostStateChanged(from, to);
  Wake();
  return absl::OkStatus();
}

absl::Status KvmMachine::Load() {
  if (memory_used_) RETURN_IF_ERROR(memory_->Clear());
  memory_used_ = true;
  devices_->Reset();
  RETURN_IF_ERROR(vm_->Reset());
  ASSIGN_OR_RETURN(const StartState start, LoadBootSource(boot_source_, spec_.processors, *memory_));
  return processors_->Reset(start);
}

void KvmMachine::StopProcessors() {
  processors_->Stop();
  processors_->WaitUntilStopped();
  absl::MutexLock uptime_lock(&uptime_mutex_);
  if (running_since_ != 0) uptime_before_ += machine::MonotonicNanoseconds() - running_since_;
  running_since_ = 0;
}

void KvmMachine::RunProcessors() {
  {
    absl::MutexLock uptime_lock(&uptime_mutex_);
    running_since_ = machine::MonotonicNanoseconds();
  }
  processors_->Run();
}

void KvmMachine::End(LifeCycleEvent event, EndReason reason) {
  // The table allows both in every state but kOff, where nobody calls this.
  (void)Advance(event);
  StopProcessors();
  {
    absl::MutexLock wake_lock(&wake_mutex_);
    guest_event_.reset();
  }
  (void)Advance(LifeCycleEvent::kEnded);
  notifier_.PostEnded(std::move(reason));
  Wake();
}

void KvmMachine::FollowGuestEvent() {
  {
    absl::MutexLock wake_lock(&wake_mutex_);
    if (!guest_event_.has_value()) return;
  }
  StopProcessors();  // after this nothing new can come
  GuestEvent event;
  {
    absl::MutexLock wake_lock(&wake_mutex_);
    event = *std::exchange(guest_event_, std::nullopt);
  }
  if (state() == MachineState::kOff) return;
  switch (event.kind) {
    case GuestEventKind::kPowerOff:
      End(LifeCycleEvent::kGuestPowerOff, {.kind = EndKind::kGuestPoweredOff});
      break;
    case GuestEventKind::kFailure:
      End(LifeCycleEvent::kGuestPowerOff, std::move(event.reason));
      break;
    case GuestEventKind::kReset:
      FollowGuestReset();
      break;
    case GuestEventKind::kTripleFault:
      if (triple_faults_.Allow(absl::Now())) {
        FollowGuestReset();
        break;
      }
      event.reason.detail = absl::StrCat("more than ", TripleFaultLimit::kMostPerSecond,
                                         " triple faults within a second; the last: ", event.reason.detail);
      End(LifeCycleEvent::kGuestPowerOff, std::move(event.reason));
      break;
  }
}

void KvmMachine::FollowGuestReset() {
  absl::Status done = Advance(LifeCycleEvent::kGuestReset);
  if (done.ok()) done = Load();
  if (!done.ok()) {
    End(LifeCycleEvent::kGuestPowerOff,
        {.kind = EndKind::kInternalError, .detail = absl::StrCat("the guest's reset failed: ", done.message())});
    return;
  }
  notifier_.PostReset();
  if (state() == MachineState::kRunning) RunProcessors();
  Wake();
}

}  // namespace cimvisor::kvm
