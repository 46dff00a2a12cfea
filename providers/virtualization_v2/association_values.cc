#include "providers/virtualization_v2/association_values.h"

#include <utility>
#include <vector>

#include "providers/schema/msvm_v2/associations.h"
#include "providers/virtualization_v2/object_paths.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;

}  // namespace

InstancePointer RenderSettingsDefineState(const ViewContext& context, absl::string_view machine_id, int64_t revision) {
  v2::SettingsDefineState association(context.classes.settings_define_state);
  association.set_managed_element(MachinePath(context, machine_id));
  association.set_setting_data(SettingsPath(context, {std::string(machine_id), inventory::DeviceKind::kSystem, 0}));
  association.set_revision(revision);
  return std::move(association).Take();
}

InstancePointer RenderSettingDataComponent(const ViewContext& context, const inventory::DeviceId& device,
                                           int64_t revision) {
  v2::VirtualSystemSettingDataComponent association(context.classes.setting_data_component);
  association.set_group_component(SettingsPath(context, {device.machine_id, inventory::DeviceKind::kSystem, 0}));
  association.set_part_component(SettingsPath(context, device));
  association.set_revision(revision);
  return std::move(association).Take();
}

InstancePointer RenderServiceAffectsElement(const ViewContext& context, absl::string_view machine_id,
                                            int64_t revision) {
  using Association = v2::ServiceAffectsElement;
  Association association(context.classes.service_affects_element);
  association.set_affected_element(MachinePath(context, machine_id));
  association.set_affecting_element(ServicePath(context));
  association.set_element_effects(
      std::vector<Association::ElementEffectsValue>{static_cast<Association::ElementEffectsValue>(5)});  // manages
  association.set_revision(revision);
  return std::move(association).Take();
}

InstancePointer RenderAffectedJobElement(const ViewContext& context, absl::string_view machine_id,
                                         absl::string_view job_id, int64_t revision) {
  using Association = v2::AffectedJobElement;
  Association association(context.classes.affected_job_element);
  association.set_affected_element(MachinePath(context, machine_id));
  association.set_affecting_element(JobPath(context, job_id));
  association.set_element_effects(
      std::vector<Association::ElementEffectsValue>{static_cast<Association::ElementEffectsValue>(0)});  // unknown
  association.set_revision(revision);
  return std::move(association).Take();
}

InstancePointer RenderHostedService(const ViewContext& context) {
  v2::HostedService association(context.classes.hosted_service);
  association.set_antecedent(HostPath(context));
  association.set_dependent(ServicePath(context));
  return std::move(association).Take();
}

}  // namespace cimvisor::views
