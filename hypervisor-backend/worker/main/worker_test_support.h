// A WorkerHypervisor over a worker program of this build, in a folder of its own, for tests.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_MAIN_WORKER_TEST_SUPPORT_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_MAIN_WORKER_TEST_SUPPORT_H_

#include <memory>
#include <string>

#include "hypervisor-backend/machine/machine.h"
#include "hypervisor-backend/worker/temporary_folder.h"
#include "hypervisor-backend/worker/worker_hypervisor.h"

namespace cimvisor::worker {

// The path of a program beside the test's own, in libexec/cimvisor of the build.
std::string WorkerProgram(const std::string& name);

// Options with the simulated worker.
WorkerHypervisorOptions SimulatedOptions(const std::string& runtime_directory);

// Options with the production worker over /dev/kvm.
WorkerHypervisorOptions KvmOptions(const std::string& runtime_directory);

// SmallSpec with the small guest of tests/guests as its kernel.
machine::MachineSpec SpecWithGuest(const std::string& machine_id);

// A small machine with two connected serial ports.
machine::MachineSpec SmallSpec(const std::string& machine_id);

// "Seccomp" and the like out of /proc/PID/status, empty when it is not there.
std::string StatusField(uint32_t process_id, const std::string& name);

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_MAIN_WORKER_TEST_SUPPORT_H_
