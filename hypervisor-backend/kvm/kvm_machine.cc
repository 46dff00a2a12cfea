#include "hypervisor-backend/kvm/kvm_machine.h"

#include <utility>

#include "hypervisor-backend/kvm/kvm_machine_impl.h"

namespace cimvisor::kvm {

absl::StatusOr<std::unique_ptr<machine::Machine>> MakeKvmMachine(machine::MachineSpec spec,
                                                                 machine::MachineObserver* observer,
                                                                 machine::ThreadConfinement confine) {
  absl::StatusOr<std::unique_ptr<KvmMachine>> machine = KvmMachine::Create(std::move(spec), observer, confine);
  if (!machine.ok()) return machine.status();
  return *std::move(machine);
}

}  // namespace cimvisor::kvm
