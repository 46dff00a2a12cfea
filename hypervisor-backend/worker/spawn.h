// Starts a program with exactly the descriptors that are meant for it.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_SPAWN_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_SPAWN_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hypervisor-backend/machine/file_descriptor.h"

namespace cimvisor::worker {

struct HandedDescriptor {
  int source;
  int target;
};

struct SpawnedProcess {
  pid_t process_id = -1;
  machine::FileDescriptor pidfd;  // readable when it has ended; then reap it
};

// Starts `program` in a session of its own, with default signals and an empty environment. Descriptors 0 to 2 are
// /dev/null where `descriptors` does not name them; all others of this process must be close-on-exec. The child is
// ours: Reap it.
absl::StatusOr<SpawnedProcess> Spawn(const std::string& program, const std::vector<std::string>& arguments,
                                     const std::vector<HandedDescriptor>& descriptors);

// Collects the ended child behind `pidfd`, so that nothing of it stays. False when it has not ended or is no child.
bool Reap(int pidfd);

// Sends `signal` to the process behind `pidfd`; a process that is gone is no error.
void SignalProcess(int pidfd, int signal);

// Waits at most `limit` until the process behind `pidfd` has ended.
bool WaitForEnd(int pidfd, absl::Duration limit);

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_SPAWN_H_
