// A machine and the host as Msvm_ComputerSystem, and what their states are called.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MACHINE_VALUES_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MACHINE_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "providers/inventory/records.pb.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/cim/instance.h"

namespace cimvisor::views {

// Msvm_ComputerSystem.HealthState, OperationalStatus[0], Status and StatusDescriptions of a machine.
struct MachineHealth {
  uint16_t health_state = 5;
  uint16_t operational_status = 2;
  const char* status = "OK";
  std::vector<std::string> descriptions;  // never empty
};
inline constexpr char kMachineCaption[] = "Virtual Machine";
inline constexpr char kMachineDescription[] = "Microsoft Virtual Machine";

uint16_t HealthStateOf(const inventory::MachineRecord& machine);
MachineHealth HealthOf(const inventory::MachineRecord& machine);

// True from the moment at which a worker runs until its end.
bool HasWorker(const inventory::MachineRecord& machine);

// Milliseconds since the start, without pauses: 0 when the machine is off.
uint64_t OnTimeMilliseconds(const ViewContext& context, const inventory::MachineRecord& machine);

// The machine as Msvm_ComputerSystem (the values of ../shared/clients/README.md, "A running machine, read from a real
// host"). `on_time` is volatile and measured by the caller, where it is asked for.
InstancePointer RenderMachine(const ViewContext& context, const inventory::MachineRecord& machine,
                              const cim::PropertySet& properties, std::optional<uint64_t> on_time);

// The host: ProcessID is null, by which clients tell it from machines.
InstancePointer RenderHost(const ViewContext& context);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MACHINE_VALUES_H_
