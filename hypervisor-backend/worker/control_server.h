// The worker's side of the protocol (wire.h): serves one controller at a time, keeps what nobody has heard yet.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_CONTROL_SERVER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_CONTROL_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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
#include "hypervisor-backend/worker/event_log.h"
#include "hypervisor-backend/worker/framed_socket.h"
#include "hypervisor-backend/worker/last_words.h"

namespace cimvisor::worker {

// The machine's observer (called on any thread), and a loop on the worker's main thread.
class ControlServer : public machine::MachineObserver {
 public:
  // `counters_fd` and `last_words` must outlive the server. kInternal when no eventfd can be made.
  // The machine's counters are published in the page behind it.
  static absl::StatusOr<std::unique_ptr<ControlServer>> Make(v1::LaunchSpec spec, machine::FileDescriptor listener,
                                                             int counters_fd, LastWords* last_words);

  // Serves until `machine` has ended and the controller, if there is one, has been told (at most a second).
  void Run(machine::Machine* machine);

  void OnStateChanged(machine::MachineState from, machine::MachineState to) override;
  void OnEnded(const machine::EndReason& reason) override;
  void OnReset() override;
  void OnSerialOutput(uint32_t port, uint64_t offset, absl::string_view bytes) override;

 private:
  // One that has connected: a candidate until its Hello is accepted, then the controller.
  struct Peer {
    explicit Peer(machine::FileDescriptor fd) : socket(std::move(fd)) {}
    FramedSocket socket;
    absl::Time hello_deadline;
    uint64_t last_event_sent = 0;
    std::vector<uint64_t> serial_sent;  // offset by port
  };

  ControlServer(v1::LaunchSpec spec, machine::FileDescriptor listener, machine::FileDescriptor wake, int counters_fd,
                machine::CountersMapping counters, LastWords* last_words);

  void Wake();
  bool ended() const ABSL_LOCKS_EXCLUDED(mutex_);
  void WaitAndHandle(absl::Duration timeout);
  void Accept();
  // False: the peer is done with (gone, refused, or now the controller) and is to be forgotten.
  bool ServeCandidate(std::unique_ptr<Peer>& candidate);
  absl::Status Greet(Peer& peer, const v1::Hello& hello);
  void Refuse(Peer& peer, v1::Refused::Why why, const std::string& message);
  void Displace(int64_t epoch);
  absl::Status ServeController();
  absl::Status Handle(const v1::ServiceMessage& message);
  v1::Result Act(v1::Action::Kind kind);
  // A machine may tell its observer on a thread of its own: waits until it has told of the state that it is in.
  void AwaitReportedState() ABSL_LOCKS_EXCLUDED(mutex_);
  v1::Result TakeSerialInput(const v1::SerialInput& input);
  // Queues events and output that the controller has not had, as much as it takes now.
  absl::Status Pump() ABSL_LOCKS_EXCLUDED(mutex_);
  void DropController(const absl::Status& why);
  // Each second while the machine runs, and when a change of state starts or stops its time.
  void PublishCountersIfDue();

  const v1::LaunchSpec spec_;
  const machine::FileDescriptor listener_;
  const machine::FileDescriptor wake_;
  const int counters_fd_;
  machine::CountersMapping counters_;
  LastWords* const last_words_;
  machine::Machine* machine_ = nullptr;  // the rest belongs to the main thread
  machine::MachineState published_state_ = machine::MachineState::kOff;
  absl::Time publish_at_ = absl::InfinitePast();
  int64_t highest_epoch_;
  std::unique_ptr<Peer> controller_;
  std::vector<std::unique_ptr<Peer>> candidates_;

  mutable absl::Mutex mutex_;
  EventLog events_ ABSL_GUARDED_BY(mutex_);
  std::vector<machine::SerialRing> serial_ ABSL_GUARDED_BY(mutex_);
  machine::MachineState reported_state_ ABSL_GUARDED_BY(mutex_) = machine::MachineState::kOff;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_CONTROL_SERVER_H_
