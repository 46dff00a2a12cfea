// The signal that takes a thread out of the guest.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_KICK_SIGNAL_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_KICK_SIGNAL_H_

#include <signal.h>

#include "absl/status/status.h"

namespace cimvisor::kvm {

inline int KickSignal() { return SIGRTMIN + 1; }

// Installs a handler for it that does nothing, for the whole process: an ignored signal would interrupt nothing.
absl::Status HandleKickSignal();

// Lets it through to the calling thread, whatever that one inherited.
void UnblockKickSignal();

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_KICK_SIGNAL_H_
