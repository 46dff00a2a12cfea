// The provider of one class of settings objects: Msvm_VirtualSystemSettingData, Msvm_MemorySettingData, …
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SETTINGS_PROVIDER_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SETTINGS_PROVIDER_H_

#include "providers/inventory/device_ids.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"

namespace cimvisor::views {

// Settings change through the methods of the management service, as on Hyper-V, not as instances.
class SettingsProvider : public broker::Provider {
 public:
  SettingsProvider(const ViewContext& context, inventory::DeviceKind kind) : context_(context), kind_(kind) {}

  absl::Status Enumerate(const broker::ReadContext& context, const broker::EnumerateRequest& request,
                         broker::InstanceSink sink) override;
  bool HasIndex(const cim::Class& cls, const broker::LookupHint& hint) const override;
  absl::StatusOr<InstancePointer> Get(const broker::ReadContext& context, const ClassPointer& cls,
                                      const cim::ObjectPath& path, const cim::PropertySet& properties) override;

 private:
  const ViewContext& context_;
  const inventory::DeviceKind kind_;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SETTINGS_PROVIDER_H_
