#include "providers/virtualization_v2/resource_values.h"

#include "providers/inventory/part_revisions.h"

namespace cimvisor::views {

void FillResource(const ResourceTraits& traits, const inventory::MachineRecord& machine, int number,
                  const cim::PropertySet& properties, msvm::v2::CimResourceAllocationSettingData& resource) {
  using Resource = msvm::v2::CimResourceAllocationSettingData;
  resource.set_instance_id(inventory::SettingsInstanceId(machine.id(), traits.kind, number));
  if (properties.Contains(Resource::kCaptionSlot)) resource.set_caption(traits.element_name);
  if (properties.Contains(Resource::kDescriptionSlot)) resource.set_description(traits.description);
  if (properties.Contains(Resource::kElementNameSlot)) resource.set_element_name(traits.element_name);
  resource.set_resource_type(static_cast<Resource::ResourceTypeValue>(traits.resource_type));
  if (properties.Contains(Resource::kResourceSubTypeSlot)) resource.set_resource_sub_type(traits.resource_sub_type);
  if (properties.Contains(Resource::kPoolIDSlot)) resource.set_pool_id("");
  resource.set_consumer_visibility(Resource::ConsumerVisibilityValue::kVirtualized);
  if (properties.Contains(Resource::kAllocationUnitsSlot)) resource.set_allocation_units(traits.allocation_units);
  if (properties.Contains(Resource::kVirtualQuantityUnitsSlot)) {
    resource.set_virtual_quantity_units(traits.quantity_units);
  }
  resource.set_automatic_allocation(true);
  resource.set_automatic_deallocation(true);
  resource.set_revision(inventory::RevisionOf(machine, traits.kind, number));
}

}  // namespace cimvisor::views
