// What a guest asks of its machine through a device.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_GUEST_REQUESTS_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_GUEST_REQUESTS_H_

namespace cimvisor::kvm {

// Called on a vCPU's thread. Both return at once; the machine stops every vCPU, then does it.
class GuestRequests {
 public:
  virtual ~GuestRequests() = default;
  virtual void RequestReset() = 0;
  virtual void RequestPowerOff() = 0;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_DEVICES_GUEST_REQUESTS_H_
