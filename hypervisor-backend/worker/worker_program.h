// The worker program, without the backend that it runs: main/ puts the two together.
//
// The process tree of one machine:
//
//   service ── small parent (this program; its own session; waits, and writes the process record)
//                  └── worker (the machine; serves the control socket)
//
// Both run as the machine's own user without privileges. The parent never looks at anything that comes from outside.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_WORKER_PROGRAM_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_WORKER_PROGRAM_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hypervisor-backend/machine/hypervisor.h"
#include "hypervisor-backend/machine/machine.h"
#include "hypervisor-backend/machine/thread_confinement.h"

namespace cimvisor::worker {

struct WorkerBackend {
  std::string program;  // for --help and --version
  // Makes the machine. Each thread that it makes calls the confinement first.
  std::function<absl::StatusOr<std::unique_ptr<machine::Machine>>(machine::MachineSpec, machine::MachineObserver*,
                                                                  const machine::ThreadConfinement&)>
      make_machine;
  // Host qualification: the probes' names, and one probe on an open /dev/kvm. Empty where the backend has none.
  std::vector<std::string> probes;
  std::function<machine::ProbeResult(const std::string& name, int kvm_fd)> run_probe;
};

// Exit codes of the worker, as they stand in its record.
inline constexpr int kExitUsage = 64;
inline constexpr int kExitMachineFailed = 70;  // the record holds the status
inline constexpr int kExitNotConfined = 71;

// main() of a worker program.
int RunWorkerProgram(int argc, char** argv, const WorkerBackend& backend);

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_WORKER_PROGRAM_H_
