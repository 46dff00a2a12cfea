// Named places in the path of a change, at which the crash tests kill the service.
//
// cimvisord reads the environment variable CIMVISOR_FAILPOINT=NAME:N at start; the process then ends itself with
// SIGKILL when it comes to the place NAME for the Nth time (from 1). Names: intent_committed, worker_spawned,
// descriptors_sent, running_committed, published, acknowledged, effect_undone. Unset, Hit() costs one virtual call.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_FAILPOINTS_H_
#define CIMVISOR_PROVIDERS_INVENTORY_FAILPOINTS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cimvisor::inventory {

enum class Failpoint : uint8_t {
  kIntentCommitted,   // the intent to change a machine's state is durable, nothing was done yet
  kWorkerSpawned,     // a worker's process is there, its guest does not run
  kDescriptorsSent,   // the worker has all it needs and its guest runs; not yet recorded
  kRunningCommitted,  // the state after the work and the end of its job are durable
  kPublished,         // a change is durable and readers see it, the caller was not told
  kAcknowledged,      // a changing call is about to return its success
  kEffectUndone,      // a start that failed was taken back, not yet recorded
};
absl::string_view FailpointName(Failpoint failpoint);

// Thread-safe.
class Failpoints {
 public:
  virtual ~Failpoints() = default;
  virtual void Hit(Failpoint failpoint) = 0;
};

// From the text of CIMVISOR_FAILPOINT. Empty: one that does nothing. kInvalidArgument lists the names.
absl::StatusOr<std::unique_ptr<Failpoints>> MakeFailpoints(absl::string_view text);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_FAILPOINTS_H_
