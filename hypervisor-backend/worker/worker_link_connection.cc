// The link's connection: made, made again, read and written on the loop's thread.
#include <sys/epoll.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "hypervisor-backend/worker/worker_link.h"

namespace cimvisor::worker {
namespace {

constexpr absl::Duration kReconnectDelay = absl::Milliseconds(100);
constexpr size_t kMaxQueuedBytes = 4 * 1024 * 1024;  // requests to a worker that does not read

}  // namespace

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

}  // namespace cimvisor::worker
