// An interrupt line of the machine, as a device sees it.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_INTERRUPT_LINE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_INTERRUPT_LINE_H_

namespace cimvisor::kvm {

// Thread-safe.
class InterruptLine {
 public:
  virtual ~InterruptLine() = default;
  virtual void Set(bool asserted) = 0;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_INTERRUPT_LINE_H_
