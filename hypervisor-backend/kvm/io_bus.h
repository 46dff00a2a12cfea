// Devices with registers, and the bus that finds the one at an address. The same for ports and for memory.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_IO_BUS_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_IO_BUS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace cimvisor::kvm {

// A device behind some registers. It does not know its bus nor its place on it. Thread-safe: several vCPUs may call at
// once, and the host's side too. Whatever a guest writes is possible here and must be harmless.
class RegisterDevice {
 public:
  virtual ~RegisterDevice() = default;

  // `size` is a power of two up to widest_access(), and offset + size lies within the device.
  virtual uint64_t Read(uint32_t offset, uint32_t size) = 0;
  virtual void Write(uint32_t offset, uint32_t size, uint64_t value) = 0;

  // Back to the state after power-on. The vCPUs stand still.
  virtual void Reset() = 0;

  // The bus splits a wider access into several of this size, as an ISA bridge does.
  virtual uint32_t widest_access() const { return 1; }
};

// Built once, then only read: no lock. Devices must outlive it.
class IoBus {
 public:
  // Puts `device` at [first, first + size). The places of devices must not overlap.
  void Attach(uint64_t first, uint64_t size, RegisterDevice* device);

  // Reads into `data`, of 1, 2, 4 or 8 bytes. What no device answers reads as ones.
  void Read(uint64_t address, absl::Span<uint8_t> data) const;
  // What no device takes is dropped.
  void Write(uint64_t address, absl::Span<const uint8_t> data) const;

  void ResetDevices() const;

 private:
  struct Place {
    uint64_t first;
    uint64_t size;
    RegisterDevice* device;
  };
  const Place* Find(uint64_t address) const;

  std::vector<Place> places_;  // sorted by `first`
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_IO_BUS_H_
