// The link as its callers see it, and the worker's process. See worker_link_connection.cc and worker_link_messages.cc
// for the rest.
#include "hypervisor-backend/worker/worker_link.h"

#include <signal.h>
#include <sys/epoll.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/worker/messages.h"

namespace cimvisor::worker {

WorkerLink::WorkerLink(IoLoop* loop, Dispatcher* dispatcher, LinkIdentity identity, LaunchDirectory directory,
                       SpawnedProcess process, machine::MachineObserver* observer, std::function<void()> on_finished)
    : loop_(loop),
      dispatcher_(dispatcher),
      identity_(std::move(identity)),
      directory_(std::move(directory)),
      on_finished_(std::move(on_finished)),
      parent_process_(std::move(process.pidfd)),
      parent_is_child_(parent_process_.valid()),
      observer_(observer) {}

void WorkerLink::Begin() {
  loop_->Post([self = shared_from_this()] {
    self->WatchProcess();
    self->Connect();
  });
}

// ---- Called on any thread.

absl::Status WorkerLink::WaitForHandshake(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto decided = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return handshake_ != Handshake::kWaiting; };
  if (!mutex_.AwaitWithDeadline(absl::Condition(&decided), deadline)) {
    return absl::DeadlineExceededError(
        absl::StrCat("the worker of machine ", identity_.machine_id, " does not answer its service's greeting"));
  }
  return handshake_ == Handshake::kDone ? absl::OkStatus() : handshake_failure_;
}

WorkerLink::Answer WorkerLink::Request(v1::ServiceMessage message, absl::string_view what, absl::Duration limit) {
  const auto pending = std::make_shared<Pending>();
  uint64_t id = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (end_reason_ || said_end_) {
      return {absl::FailedPreconditionError(
          absl::StrCat("\"", what, "\" is not possible: machine ", identity_.machine_id, " is off"))};
    }
    id = next_request_++;
    pending_[id] = pending;
  }
  message.set_request_id(id);
  loop_->Post([self = shared_from_this(), id, message = std::move(message)] { self->SendOrFail(id, message); });
  absl::MutexLock lock(&mutex_);
  if (!mutex_.AwaitWithTimeout(absl::Condition(&pending->done), limit)) {
    pending_.erase(id);  // an answer that comes later is ignored
    return {
        absl::DeadlineExceededError(absl::StrCat("the worker of machine ", identity_.machine_id, " did not answer \"",
                                                 what, "\" within ", absl::FormatDuration(limit)))};
  }
  return pending->answer;
}

machine::MachineState WorkerLink::state() const {
  absl::MutexLock lock(&mutex_);
  return state_;
}

void WorkerLink::AssumeState(machine::MachineState state) {
  absl::MutexLock lock(&mutex_);
  if (!welcome_seen_ && !end_reason_) state_ = state;
}

absl::StatusOr<machine::Counters> WorkerLink::GetCounters() const {
  absl::MutexLock lock(&mutex_);
  if (!counters_) {
    return absl::UnavailableError(
        absl::StrCat("the worker of machine ", identity_.machine_id, " has not handed over its counters yet"));
  }
  return counters_->Read();
}

absl::StatusOr<machine::Machine::SerialHistory> WorkerLink::History(uint32_t port) const {
  absl::MutexLock lock(&mutex_);
  if (port >= serial_ports_) {
    return absl::NotFoundError(absl::StrCat("machine ", identity_.machine_id, " has no serial port ", port));
  }
  return serial_[port].ring.History();
}

std::optional<machine::EndReason> WorkerLink::end_reason() const {
  absl::MutexLock lock(&mutex_);
  return end_reason_;
}

std::optional<v1::ProcessRecord::Started> WorkerLink::started() const {
  absl::MutexLock lock(&mutex_);
  return started_;
}

void WorkerLink::Kill(std::optional<machine::EndReason> reason) {
  absl::MutexLock lock(&mutex_);
  if (reason && !kill_reason_) kill_reason_ = std::move(reason);
  if (worker_process_.valid()) {
    SignalProcess(worker_process_.get(), SIGKILL);
    return;
  }
  // No worker is known yet: without its parent it will not start.
  loop_->Post([self = shared_from_this()] {
    self->OpenWorkerProcess();
    absl::MutexLock loop_lock(&self->mutex_);
    if (self->worker_process_.valid()) {
      SignalProcess(self->worker_process_.get(), SIGKILL);
    } else if (self->parent_process_.valid()) {
      SignalProcess(self->parent_process_.get(), SIGKILL);
    }
  });
}

bool WorkerLink::WaitForEnd(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return end_reason_.has_value(); };
  return mutex_.AwaitWithDeadline(absl::Condition(&ended), deadline);
}

bool WorkerLink::WaitUntilOff(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto off = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return said_end_ || end_reason_.has_value(); };
  return mutex_.AwaitWithDeadline(absl::Condition(&off), deadline);
}

void WorkerLink::DropObserver() {
  absl::MutexLock lock(&mutex_);
  observer_ = nullptr;
  if (dispatcher_->OnThisThread()) return;
  const auto quiet = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !notifying_; };
  mutex_.Await(absl::Condition(&quiet));
}

void WorkerLink::Close() {
  loop_->Post([self = shared_from_this()] {
    self->closed_ = true;
    self->LoseConnection(absl::CancelledError("the service let go of the machine"));
    self->StopWatching();
  });
}

void WorkerLink::CloseWhenGone(std::function<void()> forget) {
  loop_->Post([self = shared_from_this(), forget = std::move(forget)] {
    if (self->end_reason()) return forget();
    self->when_gone_ = forget;
  });
}

// ---- The process.

void WorkerLink::WatchProcess() {
  OpenWorkerProcess();
  if (!parent_process_.valid()) {
    const std::optional<v1::ProcessRecord::Started> record = started();
    if (record) {
      absl::StatusOr<machine::FileDescriptor> parent =
          OpenProcess(record->parent_process_id(), record->parent_start_ticks());
      if (parent.ok()) parent_process_ = *std::move(parent);
    }
  }
  if (parent_process_.valid()) {
    parent_watch_ =
        loop_->Watch(parent_process_.get(), EPOLLIN, [self = shared_from_this()](uint32_t) { self->OnParentGone(); });
  } else {
    OnParentGone();
  }
}

void WorkerLink::OpenWorkerProcess() {
  absl::MutexLock lock(&mutex_);
  if (!started_) {
    const absl::StatusOr<machine::FileDescriptor> record = directory_.OpenRecord(/*writable=*/false);
    if (!record.ok()) return;
    const absl::StatusOr<ProcessHistory> history = ReadProcessHistory(record->get());
    if (!history.ok() || !history->started) return;
    started_ = history->started;
  }
  if (!worker_process_.valid()) {
    absl::StatusOr<machine::FileDescriptor> process =
        OpenProcess(started_->worker_process_id(), started_->worker_start_ticks());
    if (process.ok()) worker_process_ = *std::move(process);
  }
}

void WorkerLink::OnParentGone() {
  if (parent_watch_ != 0) loop_->Unwatch(std::exchange(parent_watch_, 0));
  if (parent_is_child_ && parent_process_.valid()) Reap(parent_process_.get());
  parent_process_.Close();
  if (socket_ != nullptr) ReceiveAll(/*last=*/true).IgnoreError();  // the last words on the socket, up to its end

  const absl::StatusOr<machine::FileDescriptor> record = directory_.OpenRecord(/*writable=*/false);
  if (record.ok()) {
    const absl::StatusOr<ProcessHistory> history = ReadProcessHistory(record->get());
    if (history.ok() && history->ended) {
      if (history->ended->failure_code() != 0) {
        FailHandshake(StatusFromWire(history->ended->failure_code(), history->ended->failure_message()));
      }
      Finish(EndReasonOf(*history->ended));
      return;
    }
  }
  // Nobody wrote how the worker ended: it may live on without its parent.
  OpenWorkerProcess();
  int worker = -1;
  {
    absl::MutexLock lock(&mutex_);
    worker = worker_process_.get();
  }
  if (worker >= 0) {
    worker_watch_ = loop_->Watch(worker, EPOLLIN, [self = shared_from_this()](uint32_t) { self->OnWorkerGone(); });
  } else {
    OnWorkerGone();
  }
}

void WorkerLink::OnWorkerGone() {
  if (worker_watch_ != 0) loop_->Unwatch(std::exchange(worker_watch_, 0));
  if (socket_ != nullptr) ReceiveAll(/*last=*/true).IgnoreError();
  machine::EndReason reason;
  reason.kind = machine::EndKind::kWorkerDied;
  reason.detail = "the worker process is gone, and so is its parent, which would have said how it ended";
  Finish(std::move(reason));
}

void WorkerLink::Finish(machine::EndReason reason) {
  LoseConnection(absl::UnavailableError(absl::StrCat("the worker of machine ", identity_.machine_id, " has ended")));
  StopWatching();
  FailHandshake(absl::UnavailableError(
      absl::StrCat("the worker of machine ", identity_.machine_id, " ended before it could be used: ", reason.detail)));
  ChangeState(machine::MachineState::kOff);
  {
    absl::MutexLock lock(&mutex_);
    if (end_reason_) return;
    if (kill_reason_) {
      kill_reason_->signal = reason.signal;
      reason = *kill_reason_;
    }
    end_reason_ = reason;
    worker_process_.Close();
  }
  Notify([reason](machine::MachineObserver& observer) { observer.OnEnded(reason); });
  on_finished_();
  if (const std::function<void()> forget = std::exchange(when_gone_, nullptr)) forget();
}

void WorkerLink::StopWatching() {
  for (IoLoop::WatchId* watch : {&parent_watch_, &worker_watch_}) {
    if (*watch != 0) loop_->Unwatch(std::exchange(*watch, 0));
  }
  for (IoLoop::TimerId* timer : {&reconnect_timer_, &farewell_timer_}) {
    if (*timer != 0) loop_->Cancel(std::exchange(*timer, 0));
  }
}

}  // namespace cimvisor::worker
