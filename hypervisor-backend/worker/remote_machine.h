// A machine in a worker process, as the service holds it.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_REMOTE_MACHINE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_REMOTE_MACHINE_H_

#include <atomic>
#include <functional>
#include <memory>

#include "cimvisor/worker/v1/worker.pb.h"
#include "hypervisor-backend/machine/machine.h"
#include "hypervisor-backend/worker/worker_hypervisor.h"
#include "hypervisor-backend/worker/worker_link.h"

namespace cimvisor::worker {

// See WorkerHypervisor for what it does beyond machine.h.
class RemoteMachine : public machine::Machine {
 public:
  // `forget` removes what is kept of the launch; called by the destructor unless the machine was
  // detached; for one that was turned off, as soon as its process is gone.
  RemoteMachine(std::shared_ptr<WorkerLink> link, const WorkerHypervisorOptions& options, std::function<void()> forget);
  ~RemoteMachine() override;

  void Detach() override;
  absl::Status Start() override;
  absl::Status Pause() override;
  absl::Status Resume() override;
  absl::Status Reset() override;
  absl::Status TurnOff() override;
  machine::MachineState state() const override;
  absl::StatusOr<machine::Counters> GetCounters() const override;
  absl::StatusOr<size_t> WriteSerial(uint32_t port, absl::string_view bytes) override;
  absl::StatusOr<SerialHistory> ReadSerialHistory(uint32_t port) const override;

 private:
  absl::Status Act(v1::Action::Kind kind, absl::string_view what, absl::Duration limit);

  const std::shared_ptr<WorkerLink> link_;
  const absl::Duration request_timeout_;
  const absl::Duration turn_off_timeout_;
  const std::function<void()> forget_;
  std::atomic<bool> detached_ = false;
  std::atomic<bool> off_ = false;  // turned off; its process may still be on its way out
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_REMOTE_MACHINE_H_
