#include "hypervisor-backend/kvm/boot/acpi_tables.h"

#include <string.h>

#include <algorithm>
#include <numeric>

#include "absl/strings/string_view.h"
#include "hypervisor-backend/kvm/boot/layout.h"

namespace cimvisor::kvm {
namespace {

// ACPI's structures (section 5.2), packed as they stand in memory.
struct __attribute__((packed)) RootPointer {
  char signature[8];
  uint8_t checksum;
  char oem_id[6];
  uint8_t revision;
  uint32_t rsdt_address;
  uint32_t length;
  uint64_t xsdt_address;
  uint8_t extended_checksum;
  uint8_t reserved[3];
};
static_assert(sizeof(RootPointer) == 36);

struct __attribute__((packed)) TableHeader {
  char signature[4];
  uint32_t length;
  uint8_t revision;
  uint8_t checksum;
  char oem_id[6];
  char oem_table_id[8];
  uint32_t oem_revision;
  char creator_id[4];
  uint32_t creator_revision;
};
static_assert(sizeof(TableHeader) == 36);

struct __attribute__((packed)) GenericAddress {
  uint8_t space;
  uint8_t bits;
  uint8_t bit_offset;
  uint8_t access_size;
  uint64_t address;
};
constexpr uint8_t kPortSpace = 1;

// Table 5-9.
struct __attribute__((packed)) FixedDescription {
  TableHeader header;
  uint32_t facs;
  uint32_t dsdt;
  uint8_t reserved0;
  uint8_t preferred_profile;
  uint16_t sci_interrupt;
  uint32_t smi_command;
  uint8_t acpi_enable, acpi_disable, s4_bios_request, p_state_control;
  uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer, gpe0, gpe1;
  uint8_t pm1_event_length, pm1_control_length, pm2_control_length, pm_timer_length;
  uint8_t gpe0_length, gpe1_length, gpe1_base, c_state_control;
  uint16_t c2_latency, c3_latency, flush_size, flush_stride;
  uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
  uint16_t boot_architecture;
  uint8_t reserved1;
  uint32_t flags;
  GenericAddress reset_register;
  uint8_t reset_value;
  uint16_t arm_boot_architecture;
  uint8_t minor_version;
  uint64_t extended_facs, extended_dsdt;
  GenericAddress extended_pm1a_event, extended_pm1b_event, extended_pm1a_control, extended_pm1b_control;
  GenericAddress extended_pm2_control, extended_pm_timer, extended_gpe0, extended_gpe1;
  GenericAddress sleep_control, sleep_status;
  uint64_t hypervisor_vendor;
};
static_assert(sizeof(FixedDescription) == 276);

constexpr uint8_t kProfileEnterpriseServer = 4;
constexpr uint8_t kRtcCenturyRegister = 0x32;
constexpr uint16_t kHasLegacyDevices = 1u << 0;
constexpr uint16_t kHas8042 = 1u << 1;
constexpr uint16_t kNoVga = 1u << 2;
constexpr uint16_t kNoPcieAspm = 1u << 4;
constexpr uint32_t kFlagWbinvd = 1u << 0;
constexpr uint32_t kFlagC1 = 1u << 2;
constexpr uint32_t kFlagPowerButtonIsControlMethod = 1u << 4;
constexpr uint32_t kFlagSleepButtonIsControlMethod = 1u << 5;
constexpr uint32_t kFlagTimer32 = 1u << 8;
constexpr uint32_t kFlagResetRegister = 1u << 10;
constexpr uint16_t kSciInterrupt = 9;
constexpr uint16_t kNoC2 = 101;
constexpr uint16_t kNoC3 = 1001;
constexpr uint16_t kResetPort = 0xcf9;
constexpr uint8_t kResetValue = 0x06;

// Table 5-34: lengths of the firmware control structure.
constexpr uint32_t kFacsBytes = 64;
constexpr uint8_t kFacsVersion = 2;

// MADT entries (5.2.12).
struct __attribute__((packed)) LocalApicEntry {
  uint8_t type = 0;
  uint8_t length = 8;
  uint8_t processor_uid;
  uint8_t apic_id;
  uint32_t flags = 1;  // enabled
};
struct __attribute__((packed)) IoApicEntry {
  uint8_t type = 1;
  uint8_t length = 12;
  uint8_t id;
  uint8_t reserved = 0;
  uint32_t address = kIoApicAddress;
  uint32_t first_interrupt = 0;
};
struct __attribute__((packed)) InterruptOverrideEntry {
  uint8_t type = 2;
  uint8_t length = 10;
  uint8_t bus = 0;
  uint8_t source;
  uint32_t interrupt;
  uint16_t flags;
};
struct __attribute__((packed)) LocalNmiEntry {
  uint8_t type = 4;
  uint8_t length = 6;
  uint8_t processor_uid = 0xff;  // all
  uint16_t flags = 0;
  uint8_t pin = 1;
};
constexpr uint16_t kLevelActiveHigh = 0xd;
constexpr uint32_t kHas8259 = 1;

// DSDT, in AML (section 20.2):
//   Name (\_S5, Package () { 5, 5, 0, 0 })           the sleep type that powers off
//   Scope (\_SB) {
//     Device (COM1) { Name (_HID, EisaId ("PNP0501")) Name (_UID, 1) Name (_CRS, ResourceTemplate () { IO (0x3f8, 8)
//     IRQ (4) }) } Device (COM2) { … 2 … 0x2f8 … 3 } Device (RTC_) { Name (_HID, EisaId ("PNP0B00")) Name (_CRS,
//     ResourceTemplate () { IO (0x70, 2) IRQ (8) }) }
//   }
constexpr uint8_t kSleepStateCode[] = {0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x04, 0x0a, 0x05, 0x0a, 0x05, 0x00, 0x00};

using Bytes = std::vector<uint8_t>;

void Append(Bytes* bytes, absl::Span<const uint8_t> more) { bytes->insert(bytes->end(), more.begin(), more.end()); }

template <typename T>
void AppendObject(Bytes* bytes, const T& object) {
  Append(bytes, absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(&object), sizeof object));
}

uint8_t Checksum(absl::Span<const uint8_t> bytes) {
  return static_cast<uint8_t>(-std::accumulate(bytes.begin(), bytes.end(), 0));
}

TableHeader MakeHeader(absl::string_view signature, uint8_t revision) {
  TableHeader header = {};
  memcpy(header.signature, signature.data(), sizeof header.signature);
  header.revision = revision;
  memcpy(header.oem_id, "CIMVIS", sizeof header.oem_id);
  memcpy(header.oem_table_id, "CIMVISOR", sizeof header.oem_table_id);
  header.oem_revision = 1;
  memcpy(header.creator_id, "CIMV", sizeof header.creator_id);
  header.creator_revision = 1;
  return header;
}

// Writes length and checksum into a table that begins with a TableHeader.
void Seal(Bytes* table) {
  const auto length = static_cast<uint32_t>(table->size());
  memcpy(table->data() + offsetof(TableHeader, length), &length, sizeof length);
  (*table)[offsetof(TableHeader, checksum)] = 0;
  (*table)[offsetof(TableHeader, checksum)] = Checksum(*table);
}

// PkgLength of what follows it, up to 0xfff bytes in two bytes (20.2.4).
void AppendWithLength(Bytes* code, const Bytes& body) {
  const size_t length = body.size() + 2;
  code->push_back(static_cast<uint8_t>(0x40 | (length & 0x0f)));
  code->push_back(static_cast<uint8_t>(length >> 4));
  Append(code, body);
}

// A device with an EISA id (compressed, big-endian), unique id, ports and an interrupt.
Bytes DeviceCode(absl::string_view name, const uint8_t (&eisa_id)[4], uint8_t unique_id, uint16_t port, uint8_t ports,
                 uint8_t interrupt) {
  Bytes body(name.begin(), name.end());
  Append(&body, {0x08, '_', 'H', 'I', 'D', 0x0c});
  Append(&body, eisa_id);
  Append(&body, {0x08, '_', 'U', 'I', 'D', 0x0a, unique_id});
  const auto low = static_cast<uint8_t>(port);
  const auto high = static_cast<uint8_t>(port >> 8);
  const uint16_t mask = static_cast<uint16_t>(1u << interrupt);
  // Buffer of 13 bytes: I/O port descriptor, IRQ descriptor without flags (edge, active high), end tag (6.4.2).
  const Bytes resources = {
      0x47, 0x01, low, high, low, high, 0x01, ports, 0x22, static_cast<uint8_t>(mask), static_cast<uint8_t>(mask >> 8),
      0x79, 0x00};
  Append(&body, {0x08, '_', 'C', 'R', 'S', 0x11});
  Bytes buffer = {0x0a, static_cast<uint8_t>(resources.size())};
  Append(&buffer, resources);
  AppendWithLength(&body, buffer);
  Bytes code = {0x5b, 0x82};
  AppendWithLength(&code, body);
  return code;
}

Bytes MakeDsdt() {
  constexpr uint8_t kSerialPort[4] = {0x41, 0xd0, 0x05, 0x01};  // PNP0501
  constexpr uint8_t kClock[4] = {0x41, 0xd0, 0x0b, 0x00};       // PNP0B00
  Bytes table;
  AppendObject(&table, MakeHeader("DSDT", 2));
  Append(&table, kSleepStateCode);
  Bytes scope = {'\\', '_', 'S', 'B', '_'};
  Append(&scope, DeviceCode("COM1", kSerialPort, 1, 0x3f8, 8, 4));
  Append(&scope, DeviceCode("COM2", kSerialPort, 2, 0x2f8, 8, 3));
  Append(&scope, DeviceCode("RTC_", kClock, 0, 0x70, 2, 8));
  table.push_back(0x10);
  AppendWithLength(&table, scope);
  Seal(&table);
  return table;
}

Bytes MakeFacs() {
  Bytes table(kFacsBytes, 0);
  memcpy(table.data(), "FACS", 4);
  memcpy(table.data() + 4, &kFacsBytes, sizeof kFacsBytes);
  table[32] = kFacsVersion;
  return table;
}

GenericAddress PortAddress(uint16_t port, uint8_t bytes) {
  const uint8_t access = bytes == 1 ? 1 : bytes == 2 ? 2 : 3;
  return {.space = kPortSpace,
          .bits = static_cast<uint8_t>(bytes * 8),
          .bit_offset = 0,
          .access_size = access,
          .address = port};
}

Bytes MakeFadt(uint64_t facs, uint64_t dsdt) {
  FixedDescription fadt = {};
  fadt.header = MakeHeader("FACP", 6);
  fadt.facs = static_cast<uint32_t>(facs);
  fadt.dsdt = static_cast<uint32_t>(dsdt);
  fadt.preferred_profile = kProfileEnterpriseServer;
  fadt.sci_interrupt = kSciInterrupt;
  fadt.pm1a_event = kPowerManagementPort;
  fadt.pm1a_control = kPowerManagementPort + 4;
  fadt.pm_timer = kPowerManagementPort + 8;
  fadt.pm1_event_length = 4;
  fadt.pm1_control_length = 2;
  fadt.pm_timer_length = 4;
  fadt.c2_latency = kNoC2;
  fadt.c3_latency = kNoC3;
  fadt.century = kRtcCenturyRegister;
  fadt.boot_architecture = kHasLegacyDevices | kHas8042 | kNoVga | kNoPcieAspm;
  fadt.flags = kFlagWbinvd | kFlagC1 | kFlagPowerButtonIsControlMethod | kFlagSleepButtonIsControlMethod |
               kFlagTimer32 | kFlagResetRegister;
  fadt.reset_register = PortAddress(kResetPort, 1);
  fadt.reset_value = kResetValue;
  fadt.minor_version = 4;
  fadt.extended_dsdt = dsdt;
  fadt.extended_pm1a_event = PortAddress(kPowerManagementPort, 4);
  fadt.extended_pm1a_control = PortAddress(kPowerManagementPort + 4, 2);
  fadt.extended_pm_timer = PortAddress(kPowerManagementPort + 8, 4);
  Bytes table;
  AppendObject(&table, fadt);
  Seal(&table);
  return table;
}

Bytes MakeMadt(uint32_t processors) {
  Bytes table;
  AppendObject(&table, MakeHeader("APIC", 5));
  AppendObject(&table, kLocalApicAddress);
  AppendObject(&table, kHas8259);
  for (uint32_t i = 0; i < processors; ++i) {
    AppendObject(&table, LocalApicEntry{.processor_uid = static_cast<uint8_t>(i), .apic_id = static_cast<uint8_t>(i)});
  }
  AppendObject(&table, IoApicEntry{.id = 0});
  AppendObject(&table,
               InterruptOverrideEntry{.source = kSciInterrupt, .interrupt = kSciInterrupt, .flags = kLevelActiveHigh});
  AppendObject(&table, LocalNmiEntry{});
  Seal(&table);
  return table;
}

Bytes MakeXsdt(const std::vector<uint64_t>& tables) {
  Bytes table;
  AppendObject(&table, MakeHeader("XSDT", 1));
  for (const uint64_t address : tables) AppendObject(&table, address);
  Seal(&table);
  return table;
}

Bytes MakeRootPointer(uint64_t xsdt) {
  RootPointer root = {};
  memcpy(root.signature, "RSD PTR ", sizeof root.signature);
  memcpy(root.oem_id, "CIMVIS", sizeof root.oem_id);
  root.revision = 2;
  root.length = sizeof root;
  root.xsdt_address = xsdt;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&root);
  root.checksum = Checksum(absl::MakeConstSpan(bytes, offsetof(RootPointer, length)));
  root.extended_checksum = Checksum(absl::MakeConstSpan(bytes, sizeof root));
  Bytes table;
  AppendObject(&table, root);
  return table;
}

}  // namespace

std::vector<uint8_t> MakeAcpiTables(uint32_t processors, uint64_t address) {
  constexpr size_t kAlignment = 64;  // the FACS's; the others need less
  Bytes all(sizeof(RootPointer), 0);
  const auto place = [&all, address](const Bytes& table) {
    all.resize((all.size() + kAlignment - 1) / kAlignment * kAlignment);
    const uint64_t at = address + all.size();
    Append(&all, table);
    return at;
  };
  const uint64_t dsdt = place(MakeDsdt());
  const uint64_t facs = place(MakeFacs());
  const uint64_t fadt = place(MakeFadt(facs, dsdt));
  const uint64_t madt = place(MakeMadt(processors));
  const uint64_t xsdt = place(MakeXsdt({fadt, madt}));
  const Bytes root = MakeRootPointer(xsdt);
  std::copy(root.begin(), root.end(), all.begin());
  return all;
}

absl::Status WriteAcpiTables(uint32_t processors, const GuestMemory& memory) {
  return memory.Write(kAcpiAddress, MakeAcpiTables(processors, kAcpiAddress), "the ACPI tables");
}

}  // namespace cimvisor::kvm
