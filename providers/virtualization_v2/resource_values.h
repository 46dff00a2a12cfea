// What the settings of all devices have in common (CIM_ResourceAllocationSettingData).
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_RESOURCE_VALUES_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_RESOURCE_VALUES_H_

#include <cstdint>

#include "providers/inventory/device_ids.h"
#include "providers/inventory/records.pb.h"
#include "providers/schema/msvm_v2/cim_settings.h"
#include "service/cim/instance.h"

namespace cimvisor::views {

// The fixed values of a kind of device (providers/schema/facts/wellknown.json, resource_types_v2).
struct ResourceTraits {
  inventory::DeviceKind kind = inventory::DeviceKind::kMemory;
  uint16_t resource_type = 0;
  const char* resource_sub_type = nullptr;
  const char* element_name = nullptr;
  const char* description = nullptr;
  const char* allocation_units = nullptr;
  const char* quantity_units = nullptr;
};

// Sets what `properties` asks for: InstanceID, Caption, Description, ElementName, ResourceType, ResourceSubType,
// PoolID, units, ConsumerVisibility 3 (virtualized), automatic allocation.
void FillResource(const ResourceTraits& traits, const inventory::MachineRecord& machine, int number,
                  const cim::PropertySet& properties, msvm::v2::CimResourceAllocationSettingData& resource);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_RESOURCE_VALUES_H_
