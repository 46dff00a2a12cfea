// How a backend's threads are confined: whoever hosts the machine hands in a function that every thread of the machine
// calls first. The worker process installs a seccomp filter there; in a test it does nothing.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_THREAD_CONFINEMENT_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_THREAD_CONFINEMENT_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"

namespace cimvisor::machine {

enum class ThreadKind : uint8_t {
  kControl,    // the worker's main thread: its protocol, the actions of a machine
  kProcessor,  // one for each vCPU: KVM_RUN and the devices' registers
  kDevice,     // work of devices that would delay a vCPU
};

// Called once by each thread that a backend starts, before anything else, on that thread. After it returns OK, the
// thread may only make the system calls of its kind; on an error the machine must not start.
//
// A machine makes all its threads in its factory (where making threads is still allowed), lets them wait, and has
// none to make later: after the factory the control thread is confined as well.
using ThreadConfinement = std::function<absl::Status(ThreadKind)>;

inline ThreadConfinement NoConfinement() {
  return [](ThreadKind) { return absl::OkStatus(); };
}

}  // namespace cimvisor::machine

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_THREAD_CONFINEMENT_H_
