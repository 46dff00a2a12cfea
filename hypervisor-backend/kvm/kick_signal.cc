#include "hypervisor-backend/kvm/kick_signal.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "absl/strings/str_cat.h"

namespace cimvisor::kvm {
namespace {

void DoNothing(int) {}

}  // namespace

absl::Status HandleKickSignal() {
  struct sigaction action = {};
  action.sa_handler = DoNothing;
  sigemptyset(&action.sa_mask);
  if (::sigaction(KickSignal(), &action, nullptr) != 0) {
    return absl::InternalError(absl::StrCat("cannot handle the signal that stops vCPUs: ", strerror(errno)));
  }
  return absl::OkStatus();
}

void UnblockKickSignal() {
  sigset_t kick;
  sigemptyset(&kick);
  sigaddset(&kick, KickSignal());
  (void)::pthread_sigmask(SIG_UNBLOCK, &kick, nullptr);
}

}  // namespace cimvisor::kvm
