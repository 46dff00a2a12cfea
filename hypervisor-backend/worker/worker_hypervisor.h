// The service's side of the worker processes: a machine::Hypervisor whose machines live in a `cimvisor-worker` each and
// outlive the service. See wire.h for the protocol and launch.h for the process tree.
//
//   ASSIGN_OR_RETURN(auto hypervisor, worker::WorkerHypervisor::Create({.worker_program = "…/cimvisor-worker",
//                                                                       .runtime_directory = "/run/cimvisor/workers",
//                                                                       .verdict_file =
//                                                                       "/var/lib/cimvisor/host-verdict"}));
//   hypervisor->Adopt(launches_of_the_database, epoch, observer_for);
//   hypervisor->Launch(spec, {launch_id, epoch}, observer);
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_WORKER_HYPERVISOR_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_WORKER_HYPERVISOR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hypervisor-backend/machine/hypervisor.h"

namespace cimvisor::worker {

struct WorkerHypervisorOptions {
  std::string name = "kvm";             // what Hypervisor::name() says
  std::string worker_program = {};      // path of cimvisor-worker
  std::string runtime_directory = {};   // made if missing; one folder for each launch, see launch_directory.h
  std::string verdict_file = {};        // where Qualify keeps its verdict; empty: nowhere
  std::string kvm_device = "/dev/kvm";  // empty: the worker's backend needs none
  // Where the service is root, each worker gets a user id of its own from [first_user_id, first_user_id + user_ids).
  uint32_t first_user_id = 2'000'000;
  uint32_t user_ids = 60'000;
  absl::Duration request_timeout = absl::Seconds(10);   // for each action of a machine
  absl::Duration turn_off_timeout = absl::Seconds(3);   // then SIGKILL
  absl::Duration handshake_timeout = absl::Seconds(5);  // for a launch or an adoption
};

// Thread-safe. Two threads serve all workers: one for the sockets and processes, one that calls the observers. It must
// outlive its machines. Destroying a machine ends its worker; call Detach() on it first to leave the worker running.
//
// What machines of this hypervisor do beyond machine.h:
// - An action waits for its worker at most request_timeout, then says kDeadlineExceeded; kUnavailable while there is no
//   connection (it is made again), kAborted when a service of a higher epoch has taken the worker over.
// - TurnOff kills a worker that does not end its machine within turn_off_timeout.
// - A worker that breaks the protocol is killed, and the machine's end says so.
// - OnEnded comes when the worker process is gone, so that all that it held is free again.
class WorkerHypervisor : public machine::Hypervisor {
 public:
  // kInvalidArgument, kNotFound or kPermissionDenied, naming the path, when the program or the directory is unusable.
  static absl::StatusOr<std::unique_ptr<WorkerHypervisor>> Create(WorkerHypervisorOptions options);
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_WORKER_HYPERVISOR_H_
