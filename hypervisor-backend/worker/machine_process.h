// `--machine`: the small parent and the worker of one machine, from the descriptors that the service handed over.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_MACHINE_PROCESS_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_MACHINE_PROCESS_H_

#include "hypervisor-backend/worker/worker_program.h"

namespace cimvisor::worker {

// Returns the exit code of the small parent; in the worker it does not return.
int RunMachineProcess(const WorkerBackend& backend);

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_MACHINE_PROCESS_H_
