// The checks of configuration.h, one function for each part of a machine.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "providers/inventory/configuration.h"
#include "providers/inventory/device_ids.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/life_cycle.h"
#include "providers/inventory/text_check.h"

namespace cimvisor::inventory {
namespace {

constexpr uint64_t kMicrosecondsPerHour = uint64_t{60} * 60 * 1000 * 1000;
constexpr absl::string_view kPipePrefix = "\\\\.\\pipe\\";

absl::Status Invalid(absl::string_view message) { return InventoryError(ErrorKind::kInvalidParameter, message); }

absl::Status CheckRange(absl::string_view what, uint64_t value, uint64_t smallest, uint64_t largest) {
  if (value >= smallest && value <= largest) return absl::OkStatus();
  return Invalid(absl::StrCat(what, " is ", value, ": it must be from ", smallest, " to ", largest));
}

absl::Status CheckOneOf(absl::string_view what, uint32_t value, const std::vector<uint32_t>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return absl::OkStatus();
  return Invalid(absl::StrCat(what, " is ", value, ": it must be one of ", absl::StrJoin(allowed, ", ")));
}

absl::Status CheckShortText(absl::string_view what, absl::string_view text) {
  return CheckText(what, text, TextKind::kSingleLine, kMaximumTextBytes);
}

absl::Status CheckName(absl::string_view name) {
  RETURN_IF_ERROR(CheckText("the name of the machine", name, TextKind::kSingleLine, kMaximumNameCharacters));
  const bool blank = std::all_of(name.begin(), name.end(), [](char c) { return c == ' '; });
  if (blank) return Invalid("the name of the machine is empty: give it at least one character");
  return absl::OkStatus();
}

absl::Status CheckActions(const SystemSettings& system) {
  RETURN_IF_ERROR(CheckOneOf("the automatic startup action", system.startup_action(), {2, 3, 4}));
  RETURN_IF_ERROR(CheckRange("the automatic startup delay in microseconds", system.startup_delay_us(), 0,
                             24 * kMicrosecondsPerHour));
  RETURN_IF_ERROR(CheckRange("the automatic startup sequence number", system.startup_sequence_number(), 0, UINT16_MAX));
  RETURN_IF_ERROR(CheckOneOf("the automatic shutdown action", system.shutdown_action(), {2, 3, 4}));
  RETURN_IF_ERROR(CheckOneOf("the automatic recovery action", system.recovery_action(), {2, 3, 4}));
  RETURN_IF_ERROR(CheckOneOf("the automatic critical error action", system.critical_error_action(), {0, 1}));
  return CheckRange("the critical error timeout in microseconds", system.critical_error_timeout_us(), 0,
                    24 * kMicrosecondsPerHour);
}

absl::Status CheckSystem(const SystemSettings& system) {
  RETURN_IF_ERROR(CheckName(system.name()));
  const std::string notes = absl::StrJoin(system.notes(), "\n");
  RETURN_IF_ERROR(CheckText("the notes", notes, TextKind::kMultiLine, kMaximumNotesBytes));
  RETURN_IF_ERROR(CheckOneOf("the generation of the machine", system.generation(), {1, 2}));
  RETURN_IF_ERROR(CheckActions(system));
  RETURN_IF_ERROR(CheckOneOf("the user snapshot type", system.user_snapshot_type(), {2, 3, 4, 5}));
  RETURN_IF_ERROR(CheckShortText("the BIOS GUID", system.bios_guid()));
  RETURN_IF_ERROR(CheckShortText("the BIOS serial number", system.bios_serial_number()));
  RETURN_IF_ERROR(CheckShortText("the base board serial number", system.base_board_serial_number()));
  RETURN_IF_ERROR(CheckShortText("the chassis serial number", system.chassis_serial_number()));
  RETURN_IF_ERROR(CheckShortText("the chassis asset tag", system.chassis_asset_tag()));
  RETURN_IF_ERROR(CheckShortText("the additional recovery information", system.additional_recovery_information()));
  RETURN_IF_ERROR(CheckShortText("the secure boot template", system.secure_boot_template_id()));
  RETURN_IF_ERROR(CheckRange("the length of the boot order", static_cast<uint64_t>(system.boot_order_size()), 0, 16));
  for (uint32_t device : system.boot_order()) RETURN_IF_ERROR(CheckRange("a device of the boot order", device, 0, 4));
  RETURN_IF_ERROR(
      CheckRange("the length of the boot source order", static_cast<uint64_t>(system.boot_source_order_size()), 0, 64));
  for (const std::string& source : system.boot_source_order()) RETURN_IF_ERROR(CheckShortText("a boot source", source));
  RETURN_IF_ERROR(
      CheckOneOf("the preferred protocol of network boot", system.network_boot_preferred_protocol(), {4096, 4097}));
  RETURN_IF_ERROR(CheckRange("the console mode", system.console_mode(), 0, 3));
  RETURN_IF_ERROR(CheckRange("the enhanced session transport", system.enhanced_session_transport(), 0, 1));
  RETURN_IF_ERROR(CheckRange("the low MMIO gap in MiB", system.low_mmio_gap_mib(), 0, 3584));
  RETURN_IF_ERROR(CheckRange("the high MMIO gap in MiB", system.high_mmio_gap_mib(), 0, uint64_t{1} << 24));
  RETURN_IF_ERROR(CheckRange("the debug port's mode", system.debug_port_enabled(), 0, 2));
  if (!system.turn_off_on_guest_restart()) return absl::OkStatus();
  return InventoryError(ErrorKind::kNotSupported,
                        "turning a machine off when its guest restarts is not supported: leave it out");
}

absl::Status CheckMemory(const MemorySettings& memory, const HostLimits& limits) {
  const uint64_t quantity = memory.quantity_mib();
  if (quantity == 0) return Invalid("the memory is 0 MiB: give the machine at least 2 MiB");
  if (quantity % 2 != 0) {
    return Invalid(absl::StrCat("the memory of ", quantity, " MiB is not a multiple of 2 MiB: use ", quantity - 1,
                                " or ", quantity + 1));
  }
  if (quantity > limits.memory_mib) {
    return Invalid(absl::StrCat("the memory of ", quantity, " MiB is more than this host has: at most ",
                                limits.memory_mib / 2 * 2, " MiB"));
  }
  RETURN_IF_ERROR(CheckRange("the memory weight", memory.weight(), 0, 10000));
  RETURN_IF_ERROR(CheckRange("the target memory buffer in percent", memory.target_buffer_percent(), 0, 2000));
  if (!memory.dynamic()) return absl::OkStatus();
  // With dynamic memory: minimum <= startup quantity <= maximum.
  RETURN_IF_ERROR(CheckRange("the minimum of the dynamic memory in MiB", memory.reservation_mib(), 2, quantity));
  return CheckRange("the maximum of the dynamic memory in MiB", memory.limit_mib(), quantity, uint64_t{1} << 24);
}

absl::Status CheckProcessor(const ProcessorSettings& processor, const HostLimits& limits) {
  if (processor.count() == 0) return Invalid("the number of processors is 0: give the machine at least one");
  if (processor.count() > limits.processors) {
    return Invalid(absl::StrCat("the machine has ", processor.count(),
                                " processors, more than this host has logical ones: at most ", limits.processors));
  }
  RETURN_IF_ERROR(
      CheckRange("the processor reservation in thousandths of a percent", processor.reservation(), 0, 100000));
  RETURN_IF_ERROR(CheckRange("the processor limit in thousandths of a percent", processor.limit(), 0, 100000));
  if (processor.reservation() > processor.limit()) {
    return Invalid(absl::StrCat("the processor reservation of ", processor.reservation(), " is above the limit of ",
                                processor.limit()));
  }
  RETURN_IF_ERROR(CheckRange("the processor weight", processor.weight(), 1, 10000));
  return CheckShortText("the processor group", processor.cpu_group_id());
}

// "\\.\pipe\NAME" is the socket NAME in one folder: NAME is one component, never a path.
absl::Status CheckConnection(absl::string_view connection) {
  if (connection.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckText("the connection of the serial port", connection, TextKind::kSingleLine, 256));
  const absl::string_view name =
      absl::StartsWithIgnoreCase(connection, kPipePrefix) ? connection.substr(kPipePrefix.size()) : "";
  if (name.empty() || name == "." || name == ".." || name.find_first_of("/\\") != absl::string_view::npos) {
    return Invalid(absl::StrCat("the connection \"", connection, "\" of the serial port is not of the form ",
                                kPipePrefix, "NAME with a NAME without slashes"));
  }
  return absl::OkStatus();
}

absl::Status CheckSerialPorts(const Configuration& configuration) {
  if (configuration.serial_ports_size() != kSerialPorts) {
    return Invalid(absl::StrCat("the machine has ", configuration.serial_ports_size(),
                                " serial ports: a machine has exactly ", kSerialPorts));
  }
  for (const SerialPortSettings& port : configuration.serial_ports()) {
    RETURN_IF_ERROR(CheckShortText("the name of a serial port", port.name()));
    RETURN_IF_ERROR(CheckConnection(port.connection()));
  }
  return absl::OkStatus();
}

// The shape of a path; security::RootedPaths decides where it may lead.
absl::Status CheckPath(absl::string_view what, absl::string_view path) {
  RETURN_IF_ERROR(CheckText(what, path, TextKind::kSingleLine, kMaximumPathBytes));
  if (path.size() > kMaximumPathBytes) {
    return Invalid(absl::StrCat(what, " has ", path.size(), " bytes: at most ", kMaximumPathBytes, " are allowed"));
  }
  for (absl::string_view component : absl::StrSplit(path, '/')) {
    if (component == "..") return Invalid(absl::StrCat(what, " \"", path, "\" contains \"..\": write it without"));
  }
  return absl::OkStatus();
}

absl::Status CheckLinuxKernel(const LinuxKernelSettings& kernel) {
  if (kernel.kernel_path().empty())
    return Invalid("the path of the kernel is empty: give a file below the root \"boot\"");
  RETURN_IF_ERROR(CheckPath("the path of the kernel", kernel.kernel_path()));
  RETURN_IF_ERROR(CheckPath("the path of the initrd", kernel.initrd_path()));
  RETURN_IF_ERROR(
      CheckText("the kernel's command line", kernel.command_line(), TextKind::kSingleLine, kMaximumCommandLineBytes));
  return CheckRange("the length of the kernel's command line in bytes", kernel.command_line().size(), 0,
                    kMaximumCommandLineBytes);
}

template <typename Message>
bool Same(const Message& a, const Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

// What a guest is told at its start and never again: the firmware's data and the boot order.
SystemSettings FixedAtStart(SystemSettings system) {
  SystemSettings fixed;
  fixed.set_bios_guid(system.bios_guid());
  fixed.set_bios_serial_number(system.bios_serial_number());
  fixed.set_base_board_serial_number(system.base_board_serial_number());
  fixed.set_chassis_serial_number(system.chassis_serial_number());
  fixed.set_chassis_asset_tag(system.chassis_asset_tag());
  fixed.set_bios_num_lock(system.bios_num_lock());
  *fixed.mutable_boot_order() = system.boot_order();
  *fixed.mutable_boot_source_order() = system.boot_source_order();
  fixed.set_secure_boot_enabled(system.secure_boot_enabled());
  fixed.set_secure_boot_template_id(system.secure_boot_template_id());
  fixed.set_low_mmio_gap_mib(system.low_mmio_gap_mib());
  fixed.set_high_mmio_gap_mib(system.high_mmio_gap_mib());
  return fixed;
}

}  // namespace

absl::Status ValidateConfiguration(const Configuration& configuration, const HostLimits& limits) {
  RETURN_IF_ERROR(CheckSystem(configuration.system()));
  RETURN_IF_ERROR(CheckMemory(configuration.memory(), limits));
  RETURN_IF_ERROR(CheckProcessor(configuration.processor(), limits));
  RETURN_IF_ERROR(CheckSerialPorts(configuration));
  return configuration.has_linux_kernel() ? CheckLinuxKernel(configuration.linux_kernel()) : absl::OkStatus();
}

absl::Status ValidateConfigurationChange(const Configuration& before, const Configuration& after, State state) {
  if (before.system().generation() != after.system().generation()) {
    return Invalid(absl::StrCat("the generation of the machine cannot be changed from ", before.system().generation(),
                                " to ", after.system().generation(), ": define another machine"));
  }
  if (Decide(state, LifeCycleEvent::kModifyHardware) == Decision::kAllow) return absl::OkStatus();
  std::vector<absl::string_view> refused;
  if (!Same(before.memory(), after.memory())) refused.push_back("memory");
  if (!Same(before.processor(), after.processor())) refused.push_back("processors");
  if (!Same(before.linux_kernel(), after.linux_kernel()) || before.has_linux_kernel() != after.has_linux_kernel()) {
    refused.push_back("kernel");
  }
  if (!Same(FixedAtStart(before.system()), FixedAtStart(after.system()))) refused.push_back("firmware settings");
  if (refused.empty()) return absl::OkStatus();
  return InventoryError(
      ErrorKind::kInvalidState,
      absl::StrCat("the ", absl::StrJoin(refused, " and "), " of the machine \"", before.system().name(),
                   "\" cannot be changed while it is ", StateName(state), ": turn it off first"));
}

}  // namespace cimvisor::inventory
