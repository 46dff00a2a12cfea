// The ACPI tables that describe the machine (ACPI specification 6.4): processors, interrupt controllers, and how to
// power off and reset.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_ACPI_TABLES_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_ACPI_TABLES_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "hypervisor-backend/kvm/guest_memory.h"

namespace cimvisor::kvm {

// RSDP, XSDT, FADT, FACS, DSDT and MADT, to stand at `address`.
std::vector<uint8_t> MakeAcpiTables(uint32_t processors, uint64_t address);

// Writes them where guests search for the RSDP.
absl::Status WriteAcpiTables(uint32_t processors, const GuestMemory& memory);

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_BOOT_ACPI_TABLES_H_
