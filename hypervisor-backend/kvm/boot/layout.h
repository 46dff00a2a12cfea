// Where the boot loaders put things in the guest's low memory. Guests take their copies early; nothing here is promised
// to them beyond the boot protocols.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_LAYOUT_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_LAYOUT_H_

#include <cstdint>

namespace cimvisor::kvm {

inline constexpr uint64_t kGdtAddress = 0x500;
inline constexpr uint64_t kStartInfoAddress = 0x6000;    // PVH: start info, modules, memory map
inline constexpr uint64_t kZeroPageAddress = 0x7000;     // Linux: boot_params
inline constexpr uint64_t kBootProgramAddress = 0x7c00;  // the built-in program, as a BIOS would load a boot sector
inline constexpr uint64_t kBootTextAddress = 0x8000;     // what it prints
inline constexpr uint64_t kBootTextLimit = 0x7000;       // with its terminating zero; ends below 64 KiB
inline constexpr uint64_t kPageTableAddress = 0x9000;    // PML4, PDPT, four page directories: to 0xf000
inline constexpr uint64_t kCommandLineAddress = 0x20000;
inline constexpr uint64_t kCommandLineLimit = 0x10000;  // with its terminating zero
inline constexpr uint64_t kLowMemoryEnd = 0x9fc00;      // then the place of a BIOS data area, video memory and ROMs
inline constexpr uint64_t kAcpiAddress = 0xe0000;       // the RSDP is first: guests search from here
inline constexpr uint64_t kAcpiLimit = 0x20000;
inline constexpr uint64_t kHighMemoryStart = 0x100000;

// The interrupt controllers' registers (KVM's in-kernel ones stand where hardware has them).
inline constexpr uint32_t kIoApicAddress = 0xfec00000;
inline constexpr uint32_t kLocalApicAddress = 0xfee00000;

// The ACPI power management block's ports.
inline constexpr uint16_t kPowerManagementPort = 0x600;

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_LAYOUT_H_
