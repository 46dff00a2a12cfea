#include "hypervisor-backend/worker/control_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "hypervisor-backend/worker/log.h"
#include "hypervisor-backend/worker/messages.h"

namespace cimvisor::worker {
namespace {

constexpr size_t kMaxCandidates = 4;
constexpr size_t kMaxQueuedBytes = 256 * 1024;  // then a slow controller waits for what more there is
constexpr absl::Duration kHelloTime = absl::Seconds(5);
constexpr absl::Duration kFarewellTime = absl::Seconds(1);
constexpr absl::Duration kCountersPeriod = absl::Seconds(1);
constexpr absl::Duration kReportTime = absl::Seconds(1);

absl::Status ParseMessage(absl::string_view frame, v1::ServiceMessage* message) {
  if (!message->ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
    return absl::InvalidArgumentError("a message does not parse");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Make(v1::LaunchSpec spec,
                                                                   machine::FileDescriptor listener, int counters_fd,
                                                                   LastWords* last_words) {
  machine::FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return absl::ErrnoToStatus(errno, "cannot make an eventfd");
  ASSIGN_OR_RETURN(machine::CountersMapping counters, machine::CountersMapping::Map(counters_fd, /*writable=*/true));
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(spec), std::move(listener), std::move(wake),
                                                          counters_fd, std::move(counters), last_words));
}

ControlServer::ControlServer(v1::LaunchSpec spec, machine::FileDescriptor listener, machine::FileDescriptor wake,
                             int counters_fd, machine::CountersMapping counters, LastWords* last_words)
    : spec_(std::move(spec)),
      listener_(std::move(listener)),
      wake_(std::move(wake)),
      counters_fd_(counters_fd),
      counters_(std::move(counters)),
      last_words_(last_words),
      highest_epoch_(spec_.epoch()),
      serial_(std::min<size_t>(kMaxSerialPorts, static_cast<size_t>(spec_.serial_ports_size()))) {}

void ControlServer::Wake() {
  const uint64_t one = 1;
  // Fails only when the counter is full: then the loop is awake already.
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));
}

bool ControlServer::ended() const {
  absl::MutexLock lock(&mutex_);
  return ended_;
}

void ControlServer::OnStateChanged(machine::MachineState from, machine::MachineState to) {
  last_words_->SetState(to);
  v1::Event event;
  event.mutable_state_changed()->set_from(static_cast<uint32_t>(from));
  event.mutable_state_changed()->set_to(static_cast<uint32_t>(to));
  {
    absl::MutexLock lock(&mutex_);
    reported_state_ = to;
    events_.Add(std::move(event));
  }
  Wake();
}

void ControlServer::OnReset() {
  v1::Event event;
  event.mutable_reset();
  {
    absl::MutexLock lock(&mutex_);
    events_.Add(std::move(event));
  }
  Wake();
}

void ControlServer::OnEnded(const machine::EndReason& reason) {
  LogLine(reason.kind == machine::EndKind::kInternalError ? "error" : "info", spec_.machine_id(),
          absl::StrCat("ended: ", machine::EndKindName(reason.kind), reason.detail.empty() ? "" : ", ",
                       PrintableText(reason.detail, 4096)));
  if (!reason.registers.empty()) LogLine("info", spec_.machine_id(), PrintableText(reason.registers, 16 * 1024));
  v1::ProcessRecord::Ended words;
  *words.mutable_reason() = EndReasonToWire(reason);
  last_words_->Say(words);
  v1::Event event;
  *event.mutable_ended() = words.reason();
  {
    absl::MutexLock lock(&mutex_);
    events_.Add(std::move(event));
    ended_ = true;
  }
  Wake();
}

void ControlServer::OnSerialOutput(uint32_t port, uint64_t offset, absl::string_view bytes) {
  {
    absl::MutexLock lock(&mutex_);
    if (port >= serial_.size()) return;
    serial_[port].SkipTo(offset);
    serial_[port].Append(bytes);
  }
  Wake();
}

void ControlServer::PublishCountersIfDue() {
  const machine::MachineState state = machine_->state();
  if (state == published_state_ && absl::Now() < publish_at_) return;
  published_state_ = state;
  publish_at_ = absl::Now() + kCountersPeriod;
  const absl::StatusOr<machine::Counters> counters = machine_->GetCounters();
  if (!counters.ok()) return;  // what was published last stands
  machine::CountersSample sample;
  sample.uptime_nanoseconds = static_cast<uint64_t>(std::max<int64_t>(0, absl::ToInt64Nanoseconds(counters->uptime)));
  if (state == machine::MachineState::kRunning) sample.running_since = machine::MonotonicNanoseconds();
  sample.memory_resident_bytes = counters->memory_resident_bytes;
  sample.exits = counters->exits;
  sample.userspace_exits = counters->userspace_exits;
  sample.processor_nanoseconds = counters->processor_nanoseconds;
  counters_.Publish(sample);
}

void ControlServer::Run(machine::Machine* machine) {
  machine_ = machine;
  absl::Time farewell_deadline = absl::InfiniteFuture();
  while (true) {
    const bool done = ended();
    PublishCountersIfDue();
    if (done && farewell_deadline == absl::InfiniteFuture()) farewell_deadline = absl::Now() + kFarewellTime;
    if (controller_ != nullptr) {
      if (const absl::Status status = Pump(); !status.ok()) DropController(status);
    }
    if (done &&
        (controller_ == nullptr || controller_->socket.queued_bytes() == 0 || absl::Now() >= farewell_deadline)) {
      return;
    }
    absl::Duration timeout = absl::InfiniteDuration();
    if (published_state_ == machine::MachineState::kRunning) timeout = publish_at_ - absl::Now();
    if (done) timeout = farewell_deadline - absl::Now();
    for (const auto& candidate : candidates_) {
      timeout = std::min(timeout, candidate->hello_deadline - absl::Now());
    }
    WaitAndHandle(timeout);
  }
}

void ControlServer::WaitAndHandle(absl::Duration timeout) {
  std::vector<pollfd> polled;
  polled.push_back({wake_.get(), POLLIN, 0});
  // With all places taken, newcomers wait in the listener's queue.
  polled.push_back({candidates_.size() < kMaxCandidates ? listener_.get() : -1, POLLIN, 0});
  short controller_events = 0;
  if (controller_ != nullptr) {
    // No new request while answers wait to be taken.
    if (controller_->socket.queued_bytes() < kMaxQueuedBytes) controller_events |= POLLIN;
    if (controller_->socket.queued_bytes() > 0) controller_events |= POLLOUT;
  }
  polled.push_back({controller_ == nullptr ? -1 : controller_->socket.fd(), controller_events, 0});
  for (const auto& candidate : candidates_) polled.push_back({candidate->socket.fd(), POLLIN, 0});
  const int milliseconds =
      timeout == absl::InfiniteDuration()
          ? -1
          : static_cast<int>(std::clamp<int64_t>(absl::ToInt64Milliseconds(timeout) + 1, 0, 60'000));
  if (poll(polled.data(), polled.size(), milliseconds) < 0) return;

  if (polled[0].revents != 0) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t bytes = read(wake_.get(), &count, sizeof(count));
  }
  if (polled[2].revents != 0) {
    if (const absl::Status status = ServeController(); !status.ok()) DropController(status);
  }
  const absl::Time now = absl::Now();
  std::vector<std::unique_ptr<Peer>> remaining;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    std::unique_ptr<Peer>& candidate = candidates_[i];
    const bool keep = polled[3 + i].revents == 0 ? now < candidate->hello_deadline : ServeCandidate(candidate);
    if (keep) remaining.push_back(std::move(candidate));
  }
  candidates_ = std::move(remaining);
  if (polled[1].revents != 0) Accept();
}

void ControlServer::Accept() {
  machine::FileDescriptor fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.valid()) return;
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return;
  if (credentials.uid != 0 && credentials.uid != spec_.controller_user_id()) {
    LogLine("warning", spec_.machine_id(), absl::StrCat("user ", credentials.uid, " may not control this machine"));
    return;
  }
  auto peer = std::make_unique<Peer>(std::move(fd));
  peer->hello_deadline = absl::Now() + kHelloTime;
  candidates_.push_back(std::move(peer));
}

bool ControlServer::ServeCandidate(std::unique_ptr<Peer>& candidate) {
  if (!candidate->socket.Receive().ok()) return false;
  absl::string_view frame;
  const absl::StatusOr<bool> next = candidate->socket.Next(&frame);
  if (!next.ok()) return false;
  if (!*next) return true;
  v1::ServiceMessage message;
  if (!ParseMessage(frame, &message).ok() || !message.has_hello()) return false;
  if (const absl::Status greeted = Greet(*candidate, message.hello()); !greeted.ok()) {
    LogLine("warning", spec_.machine_id(), absl::StrCat("refused a controller: ", greeted.message()));
    return false;
  }
  Displace(message.hello().epoch());
  controller_ = std::move(candidate);
  LogLine("info", spec_.machine_id(), absl::StrCat("controlled by epoch ", highest_epoch_));
  // It may have sent requests right behind its Hello.
  if (const absl::Status status = ServeController(); !status.ok()) DropController(status);
  return false;
}

void ControlServer::Refuse(Peer& peer, v1::Refused::Why why, const std::string& message) {
  v1::WorkerMessage answer;
  answer.mutable_refused()->set_why(why);
  answer.mutable_refused()->set_message(message);
  // The peer is dropped either way.
  peer.socket.Queue(answer).IgnoreError();
  peer.socket.Flush().IgnoreError();
}

absl::Status ControlServer::Greet(Peer& peer, const v1::Hello& hello) {
  absl::Status refusal;
  v1::Refused::Why why = v1::Refused::WHY_UNSPECIFIED;
  if (hello.minimum_protocol() > kMaximumProtocol || hello.maximum_protocol() < kMinimumProtocol) {
    why = v1::Refused::WHY_PROTOCOL;
    refusal = absl::UnimplementedError(absl::StrCat("this worker speaks protocol ", kMinimumProtocol, " to ",
                                                    kMaximumProtocol, ", the service ", hello.minimum_protocol(),
                                                    " to ", hello.maximum_protocol()));
  } else if (hello.launch_id() != spec_.launch_id() || hello.machine_id() != spec_.machine_id() ||
             hello.boot_id() != spec_.boot_id()) {
    why = v1::Refused::WHY_IDENTITY;
    refusal = absl::NotFoundError(absl::StrCat("this worker runs launch ", spec_.launch_id(), " of machine ",
                                               spec_.machine_id(), " in boot ", spec_.boot_id()));
  } else if (hello.epoch() < highest_epoch_) {
    why = v1::Refused::WHY_EPOCH;
    refusal = absl::AbortedError(absl::StrCat("a service of epoch ", highest_epoch_, " controls this worker"));
  }
  if (!refusal.ok()) {
    Refuse(peer, why, std::string(refusal.message()));
    return refusal;
  }
  v1::WorkerMessage answer;
  v1::Welcome& welcome = *answer.mutable_welcome();
  welcome.set_protocol(std::min(hello.maximum_protocol(), kMaximumProtocol));
  welcome.set_build(CIMVISOR_VERSION);
  welcome.set_boot_id(spec_.boot_id());
  welcome.set_launch_id(spec_.launch_id());
  welcome.set_machine_id(spec_.machine_id());
  welcome.set_epoch(hello.epoch());
  {
    absl::MutexLock lock(&mutex_);
    events_.Acknowledge(hello.acknowledged_event());
    peer.last_event_sent = hello.acknowledged_event();
    welcome.set_next_event(events_.next_number());
    welcome.set_serial_ports(static_cast<uint32_t>(serial_.size()));
    peer.serial_sent.assign(serial_.size(), 0);
    for (uint32_t port = 0; port < serial_.size(); ++port) {
      v1::SerialOffset& end = *welcome.add_serial_ends();
      end.set_port(port);
      end.set_offset(serial_[port].end_offset());
    }
  }
  for (const v1::SerialOffset& wanted : hello.serial_offsets()) {
    if (wanted.port() < peer.serial_sent.size()) peer.serial_sent[wanted.port()] = wanted.offset();
  }
  // After the events' number: a change in between comes as an event that repeats the state.
  welcome.set_state(static_cast<uint32_t>(machine_->state()));
  RETURN_IF_ERROR(peer.socket.Queue(answer, counters_fd_));
  return peer.socket.Flush();
}

void ControlServer::Displace(int64_t epoch) {
  highest_epoch_ = epoch;
  if (controller_ == nullptr) return;
  v1::WorkerMessage farewell;
  farewell.mutable_displaced()->set_epoch(epoch);
  // It may not be listening any more.
  controller_->socket.Queue(farewell).IgnoreError();
  controller_->socket.Flush().IgnoreError();
  controller_.reset();
}

void ControlServer::DropController(const absl::Status& why) {
  LogLine("info", spec_.machine_id(), absl::StrCat("the controller is gone: ", why.message()));
  controller_.reset();
}

absl::Status ControlServer::ServeController() {
  bool more = controller_->socket.queued_bytes() < kMaxQueuedBytes;
  while (more) {
    ASSIGN_OR_RETURN(more, controller_->socket.Receive());
    absl::string_view frame;
    while (true) {
      ASSIGN_OR_RETURN(const bool complete, controller_->socket.Next(&frame));
      if (!complete) break;
      v1::ServiceMessage message;
      RETURN_IF_ERROR(ParseMessage(frame, &message));
      RETURN_IF_ERROR(Handle(message));
    }
    more = more && controller_->socket.queued_bytes() < kMaxQueuedBytes;
  }
  return controller_->socket.Flush();
}

absl::Status ControlServer::Handle(const v1::ServiceMessage& message) {
  v1::WorkerMessage answer;
  answer.set_request_id(message.request_id());
  switch (message.body_case()) {
    case v1::ServiceMessage::kAction:
      *answer.mutable_result() = Act(message.action().kind());
      break;
    case v1::ServiceMessage::kSerialInput:
      *answer.mutable_result() = TakeSerialInput(message.serial_input());
      break;
    case v1::ServiceMessage::kAcknowledge: {
      absl::MutexLock lock(&mutex_);
      events_.Acknowledge(message.acknowledge().event());
      return absl::OkStatus();
    }
    case v1::ServiceMessage::kHello:
      return absl::InvalidArgumentError("a second Hello on one connection");
    case v1::ServiceMessage::BODY_NOT_SET:
      *answer.mutable_result() = StatusToWire(absl::UnimplementedError("this worker does not know the request"));
      break;
  }
  if (message.request_id() == 0) return absl::InvalidArgumentError("a request without an id");
  if (message.has_action()) AwaitReportedState();
  // What the request brought about comes before its answer: whoever has the answer knows the state and its counters.
  PublishCountersIfDue();
  RETURN_IF_ERROR(Pump());
  return controller_->socket.Queue(answer);
}

v1::Result ControlServer::Act(v1::Action::Kind kind) {
  switch (kind) {
    case v1::Action::KIND_START:
      return StatusToWire(machine_->Start());
    case v1::Action::KIND_PAUSE:
      return StatusToWire(machine_->Pause());
    case v1::Action::KIND_RESUME:
      return StatusToWire(machine_->Resume());
    case v1::Action::KIND_RESET:
      return StatusToWire(machine_->Reset());
    case v1::Action::KIND_TURN_OFF:
      return StatusToWire(machine_->TurnOff());
    default:
      return StatusToWire(
          absl::UnimplementedError(absl::StrCat("this worker does not know action ", static_cast<int>(kind))));
  }
}

void ControlServer::AwaitReportedState() {
  // Asked before the lock: the machine may call the observer with a lock of its own held.
  const machine::MachineState state = machine_->state();
  absl::MutexLock lock(&mutex_);
  const auto reported = [this, state]()
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ended_ || reported_state_ == state; };
  mutex_.AwaitWithTimeout(absl::Condition(&reported), kReportTime);
}

v1::Result ControlServer::TakeSerialInput(const v1::SerialInput& input) {
  if (input.data().size() > kMaxSerialChunk) {
    return StatusToWire(absl::InvalidArgumentError(
        absl::StrCat(input.data().size(), " bytes of serial input are more than ", kMaxSerialChunk)));
  }
  const absl::StatusOr<size_t> taken = machine_->WriteSerial(input.port(), input.data());
  v1::Result result = StatusToWire(taken.status());
  if (taken.ok()) result.set_bytes_taken(*taken);
  return result;
}

absl::Status ControlServer::Pump() {
  {
    absl::MutexLock lock(&mutex_);
    // Output first: what the guest printed before it ended is there before the end.
    for (uint32_t port = 0; port < serial_.size(); ++port) {
      uint64_t& offset = controller_->serial_sent[port];
      while (offset < serial_[port].end_offset() && controller_->socket.queued_bytes() < kMaxQueuedBytes) {
        v1::WorkerMessage message;
        v1::SerialOutput& output = *message.mutable_serial_output();
        output.set_port(port);
        output.set_data(serial_[port].ReadFrom(&offset, kMaxSerialChunk));
        output.set_offset(offset);
        offset += output.data().size();
        RETURN_IF_ERROR(controller_->socket.Queue(message));
      }
    }
    const v1::Event* event = nullptr;
    // All of them: the log is bounded.
    while ((event = events_.After(controller_->last_event_sent)) != nullptr) {
      v1::WorkerMessage message;
      *message.mutable_event() = *event;
      controller_->last_event_sent = event->number();
      RETURN_IF_ERROR(controller_->socket.Queue(message));
    }
  }
  return controller_->socket.Flush();
}

}  // namespace cimvisor::worker
