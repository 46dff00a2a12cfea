// The state in which the first processor begins, as a boot loader leaves it.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_START_STATE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_START_STATE_H_

#include <cstdint>

namespace cimvisor::kvm {

enum class ProcessorMode : uint8_t {
  kReal16,       // flat from segment 0
  kProtected32,  // flat segments, no paging
  kLong64,       // identity-mapped first 4 GiB
};

struct StartState {
  ProcessorMode mode = ProcessorMode::kReal16;
  uint64_t instruction_pointer = 0;
  uint64_t rsp = 0;
  uint64_t rbx = 0;          // PVH: the start info
  uint64_t rsi = 0;          // Linux: the zero page
  uint64_t gdt_address = 0;  // kProtected32, kLong64; of gdt_entries entries
  uint16_t gdt_entries = 0;
  uint64_t page_table = 0;  // kLong64: the PML4
};

// Where in the GDT the flat segments stand, by Linux's boot protocol (__BOOT_CS, __BOOT_DS); then a task segment, as
// PVH asks for.
inline constexpr uint16_t kCodeSelector = 0x10;
inline constexpr uint16_t kDataSelector = 0x18;
inline constexpr uint16_t kTaskSelector = 0x20;

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_START_STATE_H_
