// Makes what a worker is handed and starts it.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_LAUNCHER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_LAUNCHER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "hypervisor-backend/machine/hypervisor.h"
#include "hypervisor-backend/machine/machine.h"
#include "hypervisor-backend/worker/launch_directory.h"
#include "hypervisor-backend/worker/spawn.h"

namespace cimvisor::worker {

struct LaunchRequest {
  machine::MachineSpec spec;  // its descriptors are borrowed
  machine::LaunchIdentity identity;
  std::string boot_id;
  std::string program;
  std::string kvm_device;  // empty: none
  uint32_t user_id = 0;
};

// kInvalidArgument for a spec that no machine can be made from, naming what is wrong.
absl::Status CheckSpec(const machine::MachineSpec& spec);

// Starts the small parent, which starts the worker. What fails leaves no process; the folder is the caller's to remove.
absl::StatusOr<SpawnedProcess> StartWorker(const LaunchRequest& request, const LaunchDirectory& directory);

// /dev/kvm (or what stands for it), with what to do when it cannot be opened: kNotFound, kPermissionDenied.
absl::StatusOr<machine::FileDescriptor> OpenKvm(const std::string& device);

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_LAUNCHER_H_
