// Where machines come from, and what the host can do.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_HYPERVISOR_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_HYPERVISOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::machine {

enum class HostVerdict : uint8_t { kUnknown, kAnyGuest, kSmallGuests, kNone };
absl::string_view HostVerdictName(HostVerdict verdict);  // "any guest", "small guests", "none", "unknown"

struct ProbeResult {
  std::string name;  // "long mode", "cmpxchg16b", "int3", "xsave", "fwait", "sse", "irqchip"
  bool passed = false;
  std::string detail;
};

struct HostCapabilities {
  HostVerdict verdict = HostVerdict::kUnknown;
  std::vector<ProbeResult> probes;
  std::string processor;
  std::string kernel_release;
  uint32_t logical_processors = 0;
  uint64_t memory_bytes = 0;
  uint32_t max_processors_per_machine = 0;  // KVM_CAP_MAX_VCPUS
  std::string advice;  // absent or not permitted /dev/kvm and how to get it; what fails on "small guests"
};

// A machine that lived while no service was there, or one that a service made earlier.
struct RunningMachine {
  std::string machine_id;
  std::string launch_id;
  std::unique_ptr<Machine> machine;  // null when it has ended: see `ended`
  EndReason ended;
  uint32_t process_id = 0;
  absl::Time started_at;
};

// What a start needs beside the spec.
struct LaunchIdentity {
  std::string launch_id;  // committed before Launch is called; a worker without a committed launch is ended
  int64_t epoch = 0;      // the service's
};

struct LaunchedMachine {
  std::unique_ptr<Machine> machine;  // state kOff: call Start
  uint32_t process_id = 0;
};

// Thread-safe.
class Hypervisor {
 public:
  virtual ~Hypervisor() = default;
  virtual absl::string_view name() const = 0;  // "kvm", "simulated"

  // Makes a machine (in a process of its own where the backend has workers). The spec's descriptors are taken over,
  // closed also on failure. `observer` must outlive the machine.
  virtual absl::StatusOr<LaunchedMachine> Launch(MachineSpec spec, const LaunchIdentity& launch,
                                                 MachineObserver* observer) = 0;

  // Adopts what a former service left: for each launch that the database knows, the living machine with its true state,
  // or how it ended. `observer_for` is asked for each before its first event. Workers that no launch names are ended.
  struct KnownLaunch {
    std::string machine_id;
    std::string launch_id;
    uint32_t process_id = 0;
  };
  virtual std::vector<absl::StatusOr<RunningMachine>> Adopt(
      const std::vector<KnownLaunch>& launches, int64_t epoch,
      const std::function<MachineObserver*(const std::string& machine_id)>& observer_for) = 0;

  // Removes what is kept of a launch that has ended (how it ended), once the database has it. Destroying the launch's
  // Machine does the same; what nobody forgets goes at the next Adopt.
  virtual void Forget(const std::string& /*launch_id*/) {}

  // The verdict on the host; `again` probes anew. May take seconds: never on the path of a request.
  virtual HostCapabilities Qualify(bool again) = 0;
};

}  // namespace cimvisor::machine

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_HYPERVISOR_H_
