// The configuration of a machine: defaults, checks, and the typed edits of its devices.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_CONFIGURATION_H_
#define CIMVISOR_PROVIDERS_INVENTORY_CONFIGURATION_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "providers/inventory/records.pb.h"

namespace cimvisor::inventory {

inline constexpr int kSerialPorts = 2;
inline constexpr size_t kMaximumNameCharacters = 100;     // Hyper-V Manager's limit for a machine's name
inline constexpr size_t kMaximumNotesBytes = 16384;       // all lines together
inline constexpr size_t kMaximumTextBytes = 1024;         // serial numbers, tags and the like
inline constexpr size_t kMaximumCommandLineBytes = 2047;  // x86 boot protocol: COMMAND_LINE_SIZE less the final zero
inline constexpr size_t kMaximumPathBytes = 4095;         // PATH_MAX less the final zero

// What the host sets as the limits of a machine.
struct HostLimits {
  uint64_t memory_mib = 0;
  uint32_t processors = 0;

  // Physical memory and logical processors of this host (sysconf). As on Hyper-V, a machine may not have more of
  // either.
  static HostLimits OfThisHost();
};

// What a machine is when its definition says nothing: 1,024 MiB (less on a smaller host), one processor, two
// unconnected serial ports, no kernel, generation 1, automatic recovery by restart; named "New Virtual Machine".
Configuration DefaultConfiguration(const HostLimits& limits);

// Checks every value, and every value against the others. kInvalidParameter names the setting, its value, and what is
// allowed. Paths are checked for their shape only; the files are opened when the machine starts.
absl::Status ValidateConfiguration(const Configuration& configuration, const HostLimits& limits);

// Checks that `after` may replace `before` in this state: kInvalidState names what cannot be changed while the machine
// is not off (memory, processors, kernel, BIOS settings), kInvalidParameter what can never be changed (the generation).
absl::Status ValidateConfigurationChange(const Configuration& before, const Configuration& after, State state);

// Adds a kernel. kAlreadyExists when the machine has one: modify that one.
absl::Status AddLinuxKernel(Configuration& configuration, const LinuxKernelSettings& kernel);
// Removes it. kNotFound when there is none.
absl::Status RemoveLinuxKernel(Configuration& configuration);
// The settings of port 0 or 1. kInvalidParameter for another number.
absl::Status CheckSerialPort(int port);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_CONFIGURATION_H_
