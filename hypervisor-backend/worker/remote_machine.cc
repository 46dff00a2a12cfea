#include "hypervisor-backend/worker/remote_machine.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "hypervisor-backend/worker/wire.h"

namespace cimvisor::worker {
namespace {

// A killed process takes as long as the kernel needs to take back its memory.
constexpr absl::Duration kKillTime = absl::Seconds(10);

}  // namespace

RemoteMachine::RemoteMachine(std::shared_ptr<WorkerLink> link, const WorkerHypervisorOptions& options,
                             std::function<void()> forget)
    : link_(std::move(link)),
      request_timeout_(options.request_timeout),
      turn_off_timeout_(options.turn_off_timeout),
      forget_(std::move(forget)) {}

RemoteMachine::~RemoteMachine() {
  link_->DropObserver();
  if (detached_) {
    link_->Close();
    return;
  }
  if (off_ && !link_->end_reason()) {
    // The kernel needs some milliseconds to take the process apart, which nobody has to wait for.
    link_->CloseWhenGone(forget_);
    return;
  }
  if (!link_->end_reason()) {
    link_->Kill(std::nullopt);
    link_->WaitForEnd(absl::Now() + kKillTime);
  }
  link_->Close();
  forget_();
}

void RemoteMachine::Detach() { detached_ = true; }

absl::Status RemoteMachine::Act(v1::Action::Kind kind, absl::string_view what, absl::Duration limit) {
  v1::ServiceMessage message;
  message.mutable_action()->set_kind(kind);
  return link_->Request(std::move(message), what, limit).status;
}

absl::Status RemoteMachine::Start() { return Act(v1::Action::KIND_START, "start", request_timeout_); }
absl::Status RemoteMachine::Pause() { return Act(v1::Action::KIND_PAUSE, "pause", request_timeout_); }
absl::Status RemoteMachine::Resume() { return Act(v1::Action::KIND_RESUME, "resume", request_timeout_); }
absl::Status RemoteMachine::Reset() { return Act(v1::Action::KIND_RESET, "reset", request_timeout_); }

absl::Status RemoteMachine::TurnOff() {
  const absl::Time deadline = absl::Now() + turn_off_timeout_;
  const absl::Status status = Act(v1::Action::KIND_TURN_OFF, "turn off", turn_off_timeout_);
  // A worker that answers says the truth about its table of states; and one of another service is not ours to kill.
  if (absl::IsFailedPrecondition(status) || absl::IsAborted(status)) return status;
  machine::EndReason reason;
  reason.kind = machine::EndKind::kTurnedOff;
  if (status.ok() && link_->WaitUntilOff(deadline)) {
    // The worker's word that no vCPU runs is made true by the kernel, whoever the worker is: no thread of a process
    // that is being killed enters its guest again.
    link_->Kill(std::move(reason));
    off_ = true;
    return absl::OkStatus();
  }
  if (link_->WaitForEnd(deadline)) return absl::OkStatus();
  reason.detail = "the worker did not turn its machine off in time and was killed";
  link_->Kill(std::move(reason));
  if (link_->WaitForEnd(absl::Now() + kKillTime)) return absl::OkStatus();
  return absl::DeadlineExceededError("the worker was killed and its process is still there: the kernel holds it");
}

machine::MachineState RemoteMachine::state() const { return link_->state(); }

absl::StatusOr<machine::Counters> RemoteMachine::GetCounters() const { return link_->GetCounters(); }

absl::StatusOr<size_t> RemoteMachine::WriteSerial(uint32_t port, absl::string_view bytes) {
  v1::ServiceMessage message;
  const absl::string_view chunk = bytes.substr(0, kMaxSerialChunk);
  message.mutable_serial_input()->set_port(port);
  message.mutable_serial_input()->set_data(chunk.data(), chunk.size());
  const WorkerLink::Answer answer = link_->Request(std::move(message), "write to the serial port", request_timeout_);
  if (!answer.status.ok()) return answer.status;
  return std::min<size_t>(answer.bytes_taken, chunk.size());
}

absl::StatusOr<machine::Machine::SerialHistory> RemoteMachine::ReadSerialHistory(uint32_t port) const {
  return link_->History(port);
}

}  // namespace cimvisor::worker
