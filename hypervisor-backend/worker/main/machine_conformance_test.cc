// The conformance suite of machines, through real worker processes: over the simulated machine, and over this host's
// /dev/kvm with the small guest.
#include "hypervisor-backend/machine/machine_conformance.h"

#include <memory>
#include <string>

#include "hypervisor-backend/worker/main/worker_test_support.h"
#include "hypervisor-backend/worker/worker_hypervisor.h"

namespace cimvisor::machine {
namespace {

class WorkerBackend : public ConformanceBackend {
 public:
  using MakeOptions = worker::WorkerHypervisorOptions (*)(const std::string& runtime_directory);
  using MakeSpec = MachineSpec (*)(const std::string& machine_id);
  WorkerBackend(MakeOptions make_options, MakeSpec make_spec, std::string banner)
      : hypervisor_(worker::WorkerHypervisor::Create(make_options(folder_.path())).value()),
        make_spec_(make_spec),
        banner_(std::move(banner)) {}
  Hypervisor& hypervisor() override { return *hypervisor_; }
  MachineSpec Spec() override { return make_spec_("4C9D6C3A-0000-0000-0000-000000000001"); }
  std::string banner() const override { return banner_; }

 private:
  const worker::TemporaryFolder folder_;
  const std::unique_ptr<worker::WorkerHypervisor> hypervisor_;
  const MakeSpec make_spec_;
  const std::string banner_;
};

std::unique_ptr<ConformanceBackend> MakeSimulated() {
  return std::make_unique<WorkerBackend>(&worker::SimulatedOptions, &worker::SmallSpec, "simulated guest");
}
std::unique_ptr<ConformanceBackend> MakeKvm() {
  return std::make_unique<WorkerBackend>(&worker::KvmOptions, &worker::SpecWithGuest, "Type help");
}

INSTANTIATE_TEST_SUITE_P(SimulatedWorker, MachineConformance, testing::Values(&MakeSimulated));
INSTANTIATE_TEST_SUITE_P(KvmWorker, MachineConformance, testing::Values(&MakeKvm));

}  // namespace
}  // namespace cimvisor::machine
