// The service's side of one worker process: its connection, its process, what it has said. Everything that comes from
// the worker is checked here, for it may have been taken over by its guest.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_WORKER_LINK_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_WORKER_LINK_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "cimvisor/worker/v1/worker.pb.h"
#include "hypervisor-backend/machine/counters.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/machine/machine.h"
#include "hypervisor-backend/machine/serial_history.h"
#include "hypervisor-backend/worker/dispatcher.h"
#include "hypervisor-backend/worker/framed_socket.h"
#include "hypervisor-backend/worker/io_loop.h"
#include "hypervisor-backend/worker/launch_directory.h"
#include "hypervisor-backend/worker/process_record.h"
#include "hypervisor-backend/worker/spawn.h"
#include "hypervisor-backend/worker/wire.h"

namespace cimvisor::worker {

// Which worker, and as whom.
struct LinkIdentity {
  std::string machine_id;
  std::string launch_id;
  std::string boot_id;
  int64_t epoch = 0;
};

// Thread-safe unless said otherwise. `loop` and `dispatcher` outlive it.
class WorkerLink : public std::enable_shared_from_this<WorkerLink> {
 public:
  // `process` is the small parent if this service spawned it (then it is reaped here), else empty: the record says who.
  // `on_finished` is called once, on the loop, when no process of the launch is left.
  WorkerLink(IoLoop* loop, Dispatcher* dispatcher, LinkIdentity identity, LaunchDirectory directory,
             SpawnedProcess process, machine::MachineObserver* observer, std::function<void()> on_finished);

  // Connects and greets, and goes on trying while the process lives.
  void Begin();
  // OK when the worker has welcomed this service and its output is here; the refusal, or how the launch failed;
  // kDeadlineExceeded.
  absl::Status WaitForHandshake(absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_);

  struct Answer {
    absl::Status status;
    uint64_t bytes_taken = 0;
  };
  // Sends one request and waits for its answer. `what` is for messages.
  Answer Request(v1::ServiceMessage message, absl::string_view what, absl::Duration limit) ABSL_LOCKS_EXCLUDED(mutex_);

  machine::MachineState state() const ABSL_LOCKS_EXCLUDED(mutex_);
  // For a worker that lives and does not answer.
  void AssumeState(machine::MachineState state) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<machine::Counters> GetCounters() const ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<machine::Machine::SerialHistory> History(uint32_t port) const ABSL_LOCKS_EXCLUDED(mutex_);
  std::optional<machine::EndReason> end_reason() const ABSL_LOCKS_EXCLUDED(mutex_);
  std::optional<v1::ProcessRecord::Started> started() const ABSL_LOCKS_EXCLUDED(mutex_);
  std::string LogTail(size_t limit) const { return directory_.LogTail(limit); }

  // SIGKILL. The machine's end is reported with `reason` where it is given, else as the worker's death.
  void Kill(std::optional<machine::EndReason> reason) ABSL_LOCKS_EXCLUDED(mutex_);
  // False when the worker has not ended by then.
  bool WaitForEnd(absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_);

  // True as soon as no vCPU runs: the worker's last message says so, or its process has ended. False when neither comes
  // by then.
  bool WaitUntilOff(absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_);

  // The observer hears nothing more once this returns (on an observer's own thread: once its call returns).
  void DropObserver() ABSL_LOCKS_EXCLUDED(mutex_);
  // Closes the connection and watches no more. The worker goes on.
  void Close();
  // The same for a machine that is off, as soon as no process of its launch is left; `forget` is called then, on the
  // loop. One that hangs on its way out is killed.
  void CloseWhenGone(std::function<void()> forget);

 private:
  struct Pending {
    bool done = false;
    Answer answer;
  };
  // With so many notifications not delivered yet, the worker has to wait with its events.
  static constexpr size_t kMaxNotifications = 256;
  enum class Handshake : uint8_t { kWaiting, kDone, kFailed };

  // On the loop's thread.
  void WatchProcess();
  void OpenWorkerProcess();
  void OnParentGone();
  void OnWorkerGone();
  void Finish(machine::EndReason reason) ABSL_LOCKS_EXCLUDED(mutex_);
  void Connect();
  void ConnectLater();
  void OnSocket(uint32_t events);
  // `last`: the worker is gone, and what it left is all that comes.
  absl::Status ReceiveAll(bool last);
  absl::Status HandleFrame(absl::string_view frame);
  absl::Status OnWelcome(const v1::Welcome& welcome) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnRefused(const v1::Refused& refused);
  absl::Status OnResult(uint64_t request_id, const v1::Result& result) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status OnEvent(const v1::Event& event) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status OnSerialOutput(const v1::SerialOutput& output) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnViolation(const absl::Status& what);
  void Acknowledge(uint64_t event);
  void LoseConnection(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mutex_);
  void SendOrFail(uint64_t request_id, const v1::ServiceMessage& message);
  void SetWatchedEvents();
  void FailHandshake(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mutex_);
  void CheckCaughtUp() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StopWatching();

  // Observers.
  void Notify(std::function<void(machine::MachineObserver&)> call) ABSL_LOCKS_EXCLUDED(mutex_);
  void RunNotification(const std::function<void(machine::MachineObserver&)>& call) ABSL_LOCKS_EXCLUDED(mutex_);
  void DeliverSerial(uint32_t port, machine::MachineObserver& observer) ABSL_LOCKS_EXCLUDED(mutex_);
  void ChangeState(machine::MachineState to) ABSL_LOCKS_EXCLUDED(mutex_);

  IoLoop* const loop_;
  Dispatcher* const dispatcher_;
  const LinkIdentity identity_;
  const LaunchDirectory directory_;
  const std::function<void()> on_finished_;

  // Of the loop's thread.
  machine::FileDescriptor parent_process_;
  bool parent_is_child_ = false;
  IoLoop::WatchId parent_watch_ = 0;
  IoLoop::WatchId worker_watch_ = 0;
  std::unique_ptr<FramedSocket> socket_;
  IoLoop::WatchId socket_watch_ = 0;
  uint32_t watched_events_ = 0;
  IoLoop::TimerId reconnect_timer_ = 0;
  IoLoop::TimerId farewell_timer_ = 0;
  bool welcomed_ = false;
  bool displaced_ = false;
  bool closed_ = false;
  bool reading_paused_ = false;
  std::function<void()> when_gone_;
  uint64_t last_event_ = 0;
  uint64_t replayed_until_ = 0;  // events below this happened before this service was welcomed

  mutable absl::Mutex mutex_;
  machine::FileDescriptor worker_process_ ABSL_GUARDED_BY(mutex_);
  std::optional<v1::ProcessRecord::Started> started_ ABSL_GUARDED_BY(mutex_);
  Handshake handshake_ ABSL_GUARDED_BY(mutex_) = Handshake::kWaiting;
  absl::Status handshake_failure_ ABSL_GUARDED_BY(mutex_);
  bool welcome_seen_ ABSL_GUARDED_BY(mutex_) = false;
  machine::MachineState state_ ABSL_GUARDED_BY(mutex_) = machine::MachineState::kOff;
  std::optional<machine::EndReason> end_reason_ ABSL_GUARDED_BY(mutex_);
  bool said_end_ ABSL_GUARDED_BY(mutex_) = false;  // the worker's last message came
  std::optional<machine::EndReason> kill_reason_ ABSL_GUARDED_BY(mutex_);
  std::optional<machine::CountersMapping> counters_ ABSL_GUARDED_BY(mutex_);
  uint32_t serial_ports_ ABSL_GUARDED_BY(mutex_) = 0;
  struct Serial {
    machine::SerialRing ring;
    uint64_t delivered = 0;
    uint64_t caught_up_at = 0;  // the handshake waits for this much
    bool delivery_queued = false;
  };
  std::array<Serial, kMaxSerialPorts> serial_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, std::shared_ptr<Pending>> pending_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_request_ ABSL_GUARDED_BY(mutex_) = 1;
  machine::MachineObserver* observer_ ABSL_GUARDED_BY(mutex_);
  size_t notifications_ ABSL_GUARDED_BY(mutex_) = 0;
  bool notifying_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_WORKER_LINK_H_
