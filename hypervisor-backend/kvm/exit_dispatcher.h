// What the guest's exits mean: accesses go to the buses, ends of all kinds to whoever decides about the machine.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_EXIT_DISPATCHER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_EXIT_DISPATCHER_H_

#include "hypervisor-backend/kvm/devices/guest_requests.h"
#include "hypervisor-backend/kvm/guest_memory.h"
#include "hypervisor-backend/kvm/io_bus.h"
#include "hypervisor-backend/kvm/processors.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::kvm {

// Hears how the guest came to an end. Called on a vCPU's thread; must return at once and have every vCPU stopped.
class GuestEnds : public GuestRequests {
 public:
  virtual void OnTripleFault(machine::EndReason reason) = 0;
  virtual void OnFailure(machine::EndReason reason) = 0;
};

// Stateless: any number of vCPUs at once. All pointers must outlive it.
class ExitDispatcher final : public ExitHandler {
 public:
  ExitDispatcher(const IoBus* ports, const IoBus* memory_bus, const GuestMemory* memory, GuestEnds* ends)
      : ports_(ports), memory_bus_(memory_bus), memory_(memory), ends_(ends) {}

  bool HandleExit(Vcpu& vcpu) override;
  void HandleEntryFailure(Vcpu& vcpu, int error) override;

 private:
  bool HandlePortAccess(Vcpu& vcpu);
  void HandleMemoryAccess(Vcpu& vcpu);
  bool HandleSystemEvent(Vcpu& vcpu);
  void Fail(Vcpu& vcpu, std::string detail);
  std::string InstructionText(Vcpu& vcpu) const;

  const IoBus* const ports_;
  const IoBus* const memory_bus_;
  const GuestMemory* const memory_;
  GuestEnds* const ends_;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_EXIT_DISPATCHER_H_
