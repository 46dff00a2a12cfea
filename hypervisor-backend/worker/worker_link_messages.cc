// What the worker says, checked and handed on to the observer.
#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "hypervisor-backend/worker/messages.h"
#include "hypervisor-backend/worker/worker_link.h"

namespace cimvisor::worker {
namespace {

constexpr absl::Duration kFarewellTime = absl::Seconds(2);  // from the end of a machine to the end of its worker

}  // namespace

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
      {
        absl::MutexLock lock(&mutex_);
        said_end_ = true;
      }
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
