// What a worker gives up before it looks at anything from outside. If any of this fails, it does not start.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_CONFINEMENT_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_CONFINEMENT_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace cimvisor::worker {

// The largest file that a worker can write or make: bounds its log.
inline constexpr uint64_t kMaxLogBytes = 1024 * 1024;
// For a probe, whose guest's memory is a file of its own.
inline constexpr uint64_t kMaxProbeFileBytes = 16 * 1024 * 1024;

// Closes every descriptor that is not in `kept`.
absl::Status CloseAllExcept(const std::vector<int>& kept);

// Becomes the user and group `user_id` with no other groups, where the process is root (and refuses 0 there); gives up
// every capability, also those it could regain; sets no_new_privs. As root it also leaves the host's mounts, network
// and System V namespaces for empty ones where the kernel has them.
absl::Status DropPrivileges(uint32_t user_id);

// No core dumps (they would hold the guest's memory), no debugging by others of the same user, few descriptors, no
// file beyond `max_file_bytes`.
absl::Status LimitResources(uint64_t max_file_bytes);

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_CONFINEMENT_H_
