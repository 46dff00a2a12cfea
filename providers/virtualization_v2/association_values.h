// The associations of this namespace as instances, each from the ids of its two ends and the revision at which it came
// to be.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_ASSOCIATION_VALUES_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_ASSOCIATION_VALUES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "providers/inventory/device_ids.h"
#include "providers/virtualization_v2/view_context.h"

namespace cimvisor::views {

// Msvm_SettingsDefineState: a machine and its settings.
InstancePointer RenderSettingsDefineState(const ViewContext& context, absl::string_view machine_id, int64_t revision);
// Msvm_VirtualSystemSettingDataComponent: a machine's settings and those of one of its devices.
InstancePointer RenderSettingDataComponent(const ViewContext& context, const inventory::DeviceId& device,
                                           int64_t revision);
// Msvm_ServiceAffectsElement: the management service manages a machine.
InstancePointer RenderServiceAffectsElement(const ViewContext& context, absl::string_view machine_id, int64_t revision);
// Msvm_AffectedJobElement: a job acts on a machine.
InstancePointer RenderAffectedJobElement(const ViewContext& context, absl::string_view machine_id,
                                         absl::string_view job_id, int64_t revision);
// Msvm_HostedService: the host and the management service.
InstancePointer RenderHostedService(const ViewContext& context);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_ASSOCIATION_VALUES_H_
