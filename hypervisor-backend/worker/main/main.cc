// cimvisor-worker: one running virtual machine on the embedded KVM monitor.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "hypervisor-backend/kvm/kvm_machine.h"
#include "hypervisor-backend/kvm/probe.h"
#include "hypervisor-backend/machine/qualification.h"
#include "hypervisor-backend/worker/worker_program.h"

namespace cimvisor {
namespace {

// The service kills a probe after two seconds; one that can stop by itself does so a little before, and says why.
constexpr absl::Duration kProbeTime = absl::Milliseconds(1800);

machine::ProbeResult RunProbe(const std::string& name, int kvm_fd) {
  const std::optional<machine::ProbeKind> kind = machine::ProbeKindFromName(name);
  if (!kind) return {name, false, "there is no such probe"};
  return kvm::RunProbe(*kind, kvm_fd, absl::Now() + kProbeTime);
}

}  // namespace
}  // namespace cimvisor

int main(int argc, char** argv) {
  cimvisor::worker::WorkerBackend backend;
  backend.program = "cimvisor-worker";
  backend.make_machine = [](cimvisor::machine::MachineSpec spec, cimvisor::machine::MachineObserver* observer,
                            const cimvisor::machine::ThreadConfinement& confine) {
    return cimvisor::kvm::MakeKvmMachine(std::move(spec), observer, confine);
  };
  for (const cimvisor::machine::ProbeKind kind : cimvisor::machine::kAllProbes) {
    backend.probes.emplace_back(cimvisor::machine::ProbeKindName(kind));
  }
  backend.run_probe = cimvisor::RunProbe;
  return cimvisor::worker::RunWorkerProgram(argc, argv, backend);
}
