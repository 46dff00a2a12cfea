// The identities of a machine's settings and devices, as on Hyper-V: "Microsoft:<machine GUID>\<device GUID>\<number>".
// The GUIDs of the fixed devices are the same in every machine (providers/schema/facts/wellknown.json,
// fixed_device_guids); that of the Linux kernel is our own.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_DEVICE_IDS_H_
#define CIMVISOR_PROVIDERS_INVENTORY_DEVICE_IDS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cimvisor::inventory {

enum class DeviceKind : uint8_t { kSystem, kMemory, kProcessor, kSerialPort, kLinuxKernel };

// One settings object of one machine.
struct DeviceId {
  std::string machine_id;  // GUID in upper case
  DeviceKind kind = DeviceKind::kSystem;
  int number = 0;  // of the serial port: 0 or 1
};

// True for a GUID of 36 characters, in any case and without braces: a machine's id.
bool IsGuid(absl::string_view text);

// "Microsoft:<GUID>" for kSystem, else "Microsoft:<GUID>\…".
std::string SettingsInstanceId(absl::string_view machine_id, DeviceKind kind, int number = 0);

// The device's own id: the part behind the machine's GUID, as in DeviceID ("Microsoft:4764334D-…").
std::string DeviceInstanceId(DeviceKind kind, int number = 0);

// The reverse of SettingsInstanceId, without regard to case; nothing when `text` is no such id.
std::optional<DeviceId> ParseSettingsInstanceId(absl::string_view text);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_DEVICE_IDS_H_
