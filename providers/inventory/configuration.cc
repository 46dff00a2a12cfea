#include "providers/inventory/configuration.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "providers/inventory/errors.h"

namespace cimvisor::inventory {
namespace {

constexpr uint64_t kDefaultMemoryMib = 1024;

}  // namespace

HostLimits HostLimits::OfThisHost() {
  HostLimits limits;
  const int64_t pages = sysconf(_SC_PHYS_PAGES);
  const int64_t page_size = sysconf(_SC_PAGESIZE);
  const int64_t processors = sysconf(_SC_NPROCESSORS_ONLN);
  if (pages > 0 && page_size > 0) {
    limits.memory_mib = static_cast<uint64_t>(pages) / (uint64_t{1024} * 1024 / static_cast<uint64_t>(page_size));
  }
  limits.processors = processors > 0 ? static_cast<uint32_t>(processors) : 1;
  return limits;
}

Configuration DefaultConfiguration(const HostLimits& limits) {
  Configuration configuration;
  SystemSettings& system = *configuration.mutable_system();
  system.set_name("New Virtual Machine");
  system.set_generation(1);
  system.set_startup_action(STARTUP_ACTION_RESTART_IF_PREVIOUSLY_ACTIVE);
  system.set_shutdown_action(SHUTDOWN_ACTION_TURN_OFF);
  system.set_recovery_action(RECOVERY_ACTION_RESTART);
  system.set_critical_error_action(1);
  system.set_critical_error_timeout_us(uint64_t{30} * 60 * 1000 * 1000);
  system.set_user_snapshot_type(3);
  for (uint32_t device : {1U, 2U, 3U, 0U}) system.add_boot_order(device);
  system.set_network_boot_preferred_protocol(4096);
  system.set_incremental_backup_enabled(false);
  system.set_virtual_numa_enabled(true);
  system.set_low_mmio_gap_mib(128);
  system.set_high_mmio_gap_mib(512);

  MemorySettings& memory = *configuration.mutable_memory();
  memory.set_quantity_mib(std::clamp<uint64_t>(limits.memory_mib / 2 * 2, 2, kDefaultMemoryMib));
  memory.set_reservation_mib(memory.quantity_mib());
  memory.set_limit_mib(memory.quantity_mib());
  memory.set_weight(5000);
  memory.set_target_buffer_percent(20);

  ProcessorSettings& processor = *configuration.mutable_processor();
  processor.set_count(1);
  processor.set_limit(100000);
  processor.set_weight(100);

  for (int port = 0; port < kSerialPorts; ++port) {
    configuration.add_serial_ports()->set_name(absl::StrCat("COM ", port + 1));
  }
  return configuration;
}

absl::Status AddLinuxKernel(Configuration& configuration, const LinuxKernelSettings& kernel) {
  if (configuration.has_linux_kernel()) {
    return InventoryError(ErrorKind::kAlreadyExists,
                          absl::StrCat("the machine \"", configuration.system().name(), "\" has the kernel ",
                                       configuration.linux_kernel().kernel_path(), " already: modify it"));
  }
  *configuration.mutable_linux_kernel() = kernel;
  return absl::OkStatus();
}

absl::Status RemoveLinuxKernel(Configuration& configuration) {
  if (!configuration.has_linux_kernel()) {
    return InventoryError(ErrorKind::kNotFound,
                          absl::StrCat("the machine \"", configuration.system().name(), "\" has no kernel to remove"));
  }
  configuration.clear_linux_kernel();
  return absl::OkStatus();
}

absl::Status CheckSerialPort(int port) {
  if (port >= 0 && port < kSerialPorts) return absl::OkStatus();
  return InventoryError(ErrorKind::kInvalidParameter,
                        absl::StrCat("there is no serial port ", port, ": a machine has the ports 0 and 1"));
}

}  // namespace cimvisor::inventory
