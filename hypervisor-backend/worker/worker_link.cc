#include "hypervisor-backend/worker/worker_link.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "hypervisor-backend/worker/messages.h"

namespace cimvisor::worker {
namespace {

constexpr absl::Duration kReconnectDelay = absl::Milliseconds(100);
constexpr absl::Duration kFarewellTime = absl::Seconds(2);  // from the end of a machine to the end of its worker
constexpr size_t kMaxNotifications = 256;                   // then the worker has to wait with its events
constexpr size_t kMaxQueuedBytes = 4 * 1024 * 1024;         // requests to a worker that does not read

}  // namespace

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
    if (end_reason_) {
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
}

void WorkerLink::StopWatching() {
  for (IoLoop::WatchId* watch : {&parent_watch_, &worker_watch_}) {
    if (*watch != 0) loop_->Unwatch(std::exchange(*watch, 0));
  }
  for (IoLoop::TimerId* timer : {&reconnect_timer_, &farewell_timer_}) {
    if (*timer != 0) loop_->Cancel(std::exchange(*timer, 0));
  }
}

// ---- The connection.

void WorkerLink::Connect() {
  reconnect_timer_ = 0;
  if (closed_ || displaced_ || end_reason()) return;
  absl::StatusOr<machine::FileDescriptor> connected = directory_.Connect();
  if (!connected.ok()) {
    ConnectLater();
    return;
  }
  socket_ = std::make_unique<FramedSocket>(*std::move(connected));
  welcomed_ = false;
  watched_events_ = EPOLLIN;
  socket_watch_ = loop_->Watch(socket_->fd(), watched_events_,
                               [self = shared_from_this()](uint32_t events) { self->OnSocket(events); });
  v1::ServiceMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_minimum_protocol(kMinimumProtocol);
  hello.set_maximum_protocol(kMaximumProtocol);
  hello.set_build(CIMVISOR_VERSION);
  hello.set_boot_id(identity_.boot_id);
  hello.set_launch_id(identity_.launch_id);
  hello.set_machine_id(identity_.machine_id);
  hello.set_epoch(identity_.epoch);
  hello.set_acknowledged_event(last_event_);
  {
    absl::MutexLock lock(&mutex_);
    for (uint32_t port = 0; port < kMaxSerialPorts; ++port) {
      v1::SerialOffset& offset = *hello.add_serial_offsets();
      offset.set_port(port);
      offset.set_offset(serial_[port].ring.end_offset());
    }
  }
  absl::Status sent = socket_->Queue(message);
  if (sent.ok()) sent = socket_->Flush();
  if (!sent.ok()) LoseConnection(sent);
}

void WorkerLink::ConnectLater() {
  if (closed_ || displaced_ || reconnect_timer_ != 0 || end_reason()) return;
  reconnect_timer_ = loop_->CallAfter(kReconnectDelay, [self = shared_from_this()] { self->Connect(); });
}

void WorkerLink::OnSocket(uint32_t events) {
  if (socket_ == nullptr) return;
  absl::Status status;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) status = ReceiveAll(/*last=*/false);
  if (socket_ != nullptr && status.ok()) status = socket_->Flush();
  if (absl::IsUnavailable(status)) {
    LoseConnection(status);
  } else if (!status.ok()) {
    OnViolation(status);
  } else if (socket_ != nullptr) {
    SetWatchedEvents();
  }
}

absl::Status WorkerLink::ReceiveAll(bool last) {
  bool more = true;
  while (more && socket_ != nullptr) {
    {
      // A worker that talks faster than the observer listens has to wait.
      absl::MutexLock lock(&mutex_);
      reading_paused_ = notifications_ >= kMaxNotifications;
    }
    if (reading_paused_ && !last) break;
    absl::StatusOr<bool> received = socket_->Receive();
    absl::string_view frame;
    while (socket_ != nullptr) {
      ASSIGN_OR_RETURN(const bool complete, socket_->Next(&frame));
      if (!complete) break;
      RETURN_IF_ERROR(HandleFrame(frame));
    }
    RETURN_IF_ERROR(received.status());
    more = *received;
  }
  return absl::OkStatus();
}

void WorkerLink::SetWatchedEvents() {
  uint32_t events = reading_paused_ ? 0 : static_cast<uint32_t>(EPOLLIN);
  if (socket_->queued_bytes() > 0) events |= EPOLLOUT;
  if (events == watched_events_) return;
  watched_events_ = events;
  loop_->Change(socket_watch_, events);
}

void WorkerLink::LoseConnection(const absl::Status& why) {
  if (socket_watch_ != 0) loop_->Unwatch(std::exchange(socket_watch_, 0));
  socket_.reset();
  welcomed_ = false;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, pending] : pending_) {
      pending->answer.status = why;
      pending->done = true;
    }
    pending_.clear();
  }
  ConnectLater();
}

void WorkerLink::SendOrFail(uint64_t request_id, const v1::ServiceMessage& message) {
  absl::Status status;
  if (displaced_) {
    status =
        absl::AbortedError(absl::StrCat("another service has taken over the worker of machine ", identity_.machine_id));
  } else if (socket_ == nullptr || !welcomed_) {
    status = absl::UnavailableError(
        absl::StrCat("there is no connection to the worker of machine ", identity_.machine_id, " at the moment"));
  } else if (socket_->queued_bytes() > kMaxQueuedBytes) {
    status = absl::ResourceExhaustedError(
        absl::StrCat("the worker of machine ", identity_.machine_id, " does not take its requests"));
  } else {
    status = socket_->Queue(message);
    if (status.ok()) {
      const absl::Status flushed = socket_->Flush();
      if (!flushed.ok()) {
        LoseConnection(flushed);
        return;
      }
      SetWatchedEvents();
      return;
    }
  }
  absl::MutexLock lock(&mutex_);
  const auto found = pending_.find(request_id);
  if (found == pending_.end()) return;
  found->second->answer.status = status;
  found->second->done = true;
  pending_.erase(found);
}

void WorkerLink::OnViolation(const absl::Status& what) {
  machine::EndReason reason;
  reason.kind = machine::EndKind::kWorkerDied;
  reason.detail = absl::StrCat("the worker broke its protocol and was killed: ", what.message());
  LoseConnection(absl::UnavailableError(reason.detail));
  Kill(reason);
}

// ---- What the worker says.

absl::Status WorkerLink::HandleFrame(absl::string_view frame) {
  v1::WorkerMessage message;
  if (!message.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
    return absl::InvalidArgumentError("a message does not parse");
  }
  if (!welcomed_) {
    if (message.has_welcome()) return OnWelcome(message.welcome());
    if (message.has_refused()) {
      OnRefused(message.refused());
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError("it does not begin with a welcome");
  }
  switch (message.body_case()) {
    case v1::WorkerMessage::kResult:
      return OnResult(message.request_id(), message.result());
    case v1::WorkerMessage::kEvent:
      return OnEvent(message.event());
    case v1::WorkerMessage::kSerialOutput:
      return OnSerialOutput(message.serial_output());
    case v1::WorkerMessage::kDisplaced:
      displaced_ = true;
      return absl::OkStatus();
    default:
      return absl::InvalidArgumentError("a message that has no place here");
  }
}

absl::Status WorkerLink::OnWelcome(const v1::Welcome& welcome) {
  if (welcome.protocol() < kMinimumProtocol || welcome.protocol() > kMaximumProtocol ||
      welcome.launch_id() != identity_.launch_id || welcome.machine_id() != identity_.machine_id ||
      welcome.boot_id() != identity_.boot_id || welcome.serial_ports() > kMaxSerialPorts) {
    return absl::InvalidArgumentError("its welcome is not from the worker that was greeted");
  }
  ASSIGN_OR_RETURN(const machine::MachineState state, StateFromWire(welcome.state()));
  const machine::FileDescriptor page = socket_->TakeDescriptor();
  // Sealed, or reading it could fault.
  const int seals = page.valid() ? fcntl(page.get(), F_GET_SEALS) : -1;
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
    return absl::InvalidArgumentError("it did not hand over its counters page");
  }
  ASSIGN_OR_RETURN(machine::CountersMapping counters, machine::CountersMapping::Map(page.get(), /*writable=*/false));
  OpenWorkerProcess();
  welcomed_ = true;
  replayed_until_ = welcome.next_event();
  {
    absl::MutexLock lock(&mutex_);
    counters_ = std::move(counters);
    serial_ports_ = welcome.serial_ports();
    for (const v1::SerialOffset& end : welcome.serial_ends()) {
      if (end.port() < kMaxSerialPorts) serial_[end.port()].caught_up_at = end.offset();
    }
    if (!welcome_seen_ && handshake_ == Handshake::kWaiting) state_ = state;
    welcome_seen_ = true;
    CheckCaughtUp();
  }
  // For a reconnection: what changed in between.
  ChangeState(state);
  return absl::OkStatus();
}

void WorkerLink::CheckCaughtUp() {
  if (handshake_ != Handshake::kWaiting || !welcome_seen_) return;
  for (const Serial& port : serial_) {
    if (port.ring.end_offset() < port.caught_up_at) return;
  }
  handshake_ = Handshake::kDone;
}

void WorkerLink::OnRefused(const v1::Refused& refused) {
  const std::string text = absl::StrCat("the worker of machine ", identity_.machine_id,
                                        " refused this service: ", PrintableText(refused.message(), 1024));
  displaced_ = true;  // asking again would bring the same
  FailHandshake(refused.why() == v1::Refused::WHY_EPOCH ? absl::AbortedError(text)
                                                        : absl::FailedPreconditionError(text));
}

void WorkerLink::FailHandshake(const absl::Status& why) {
  absl::MutexLock lock(&mutex_);
  if (handshake_ != Handshake::kWaiting) return;
  handshake_ = Handshake::kFailed;
  handshake_failure_ = why;
}

absl::Status WorkerLink::OnResult(uint64_t request_id, const v1::Result& result) {
  absl::MutexLock lock(&mutex_);
  if (request_id == 0 || request_id >= next_request_) return absl::InvalidArgumentError("an answer to no request");
  const auto found = pending_.find(request_id);
  if (found == pending_.end()) return absl::OkStatus();  // nobody waits any more
  found->second->answer.status = StatusFromWire(result.code(), result.message());
  found->second->answer.bytes_taken = result.bytes_taken();
  found->second->done = true;
  pending_.erase(found);
  return absl::OkStatus();
}

absl::Status WorkerLink::OnEvent(const v1::Event& event) {
  if (event.number() <= last_event_) return absl::InvalidArgumentError("an event's number does not grow");
  last_event_ = event.number();
  const bool replayed = event.number() < replayed_until_;
  switch (event.body_case()) {
    case v1::Event::kStateChanged: {
      ASSIGN_OR_RETURN(const machine::MachineState to, StateFromWire(event.state_changed().to()));
      // The welcome said where the replayed ones led to.
      if (!replayed) ChangeState(to);
      break;
    }
    case v1::Event::kReset:
      Notify([](machine::MachineObserver& observer) { observer.OnReset(); });
      break;
    case v1::Event::kEnded:
      RETURN_IF_ERROR(EndReasonFromWire(event.ended()).status());
      // The reason counts as the parent wrote it, when the process is gone; which is to be soon.
      if (farewell_timer_ == 0) {
        farewell_timer_ = loop_->CallAfter(kFarewellTime, [self = shared_from_this()] {
          self->farewell_timer_ = 0;
          self->Kill(std::nullopt);
        });
      }
      break;
    case v1::Event::BODY_NOT_SET:
      return absl::InvalidArgumentError("an event of an unknown kind");
  }
  Acknowledge(event.number());
  return absl::OkStatus();
}

void WorkerLink::Acknowledge(uint64_t event) {
  // Only after the observer has heard it: a service that dies before is told again when it comes back.
  Notify([self = shared_from_this(), event](machine::MachineObserver&) {
    self->loop_->Post([self, event] {
      if (self->socket_ == nullptr || !self->welcomed_) return;
      v1::ServiceMessage message;
      message.mutable_acknowledge()->set_event(event);
      if (self->socket_->Queue(message).ok() && self->socket_->Flush().ok()) self->SetWatchedEvents();
    });
  });
}

absl::Status WorkerLink::OnSerialOutput(const v1::SerialOutput& output) {
  bool deliver = false;
  const uint32_t port = output.port();
  {
    absl::MutexLock lock(&mutex_);
    if (port >= serial_ports_) return absl::InvalidArgumentError("output of a serial port that is not there");
    Serial& serial = serial_[port];
    constexpr uint64_t kMaxOffset = uint64_t{1} << 62;
    if (output.data().empty() || output.data().size() > kMaxSerialChunk || output.offset() > kMaxOffset ||
        output.offset() < serial.ring.end_offset()) {
      return absl::InvalidArgumentError("serial output out of order or out of size");
    }
    serial.ring.SkipTo(output.offset());
    serial.ring.Append(output.data());
    deliver = !std::exchange(serial.delivery_queued, true);
    CheckCaughtUp();
  }
  if (deliver) {
    Notify(
        [self = shared_from_this(), port](machine::MachineObserver& observer) { self->DeliverSerial(port, observer); });
  }
  return absl::OkStatus();
}

// ---- Observers.

void WorkerLink::ChangeState(machine::MachineState to) {
  machine::MachineState from;
  {
    absl::MutexLock lock(&mutex_);
    from = state_;
    if (from == to) return;
    state_ = to;
  }
  Notify([from, to](machine::MachineObserver& observer) { observer.OnStateChanged(from, to); });
}

void WorkerLink::Notify(std::function<void(machine::MachineObserver&)> call) {
  {
    absl::MutexLock lock(&mutex_);
    ++notifications_;
  }
  dispatcher_->Post([self = shared_from_this(), call = std::move(call)] { self->RunNotification(call); });
}

void WorkerLink::RunNotification(const std::function<void(machine::MachineObserver&)>& call) {
  machine::MachineObserver* observer = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    observer = observer_;
    notifying_ = observer != nullptr;
  }
  if (observer != nullptr) call(*observer);
  bool resume = false;
  {
    absl::MutexLock lock(&mutex_);
    notifying_ = false;
    resume = --notifications_ == kMaxNotifications / 2;
  }
  if (resume) {
    loop_->Post([self = shared_from_this()] {
      if (self->reading_paused_ && self->socket_ != nullptr) self->OnSocket(EPOLLIN);
    });
  }
}

void WorkerLink::DeliverSerial(uint32_t port, machine::MachineObserver& observer) {
  while (true) {
    std::string bytes;
    uint64_t offset = 0;
    {
      absl::MutexLock lock(&mutex_);
      Serial& serial = serial_[port];
      offset = serial.delivered;
      bytes = serial.ring.ReadFrom(&offset, kMaxSerialChunk);
      serial.delivered = offset + bytes.size();
      if (bytes.empty() || observer_ == nullptr) {
        serial.delivery_queued = false;
        return;
      }
    }
    observer.OnSerialOutput(port, offset, bytes);
  }
}

}  // namespace cimvisor::worker
