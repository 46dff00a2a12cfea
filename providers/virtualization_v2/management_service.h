// Msvm_VirtualSystemManagementService: one instance, and the methods that make and change machines.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MANAGEMENT_SERVICE_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MANAGEMENT_SERVICE_H_

#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"

namespace cimvisor::views {

class ManagementServiceProvider : public broker::Provider {
 public:
  explicit ManagementServiceProvider(const ViewContext& context) : context_(context) {}

  absl::Status Enumerate(const broker::ReadContext& context, const broker::EnumerateRequest& request,
                         broker::InstanceSink sink) override;
  absl::StatusOr<InstancePointer> Get(const broker::ReadContext& context, const ClassPointer& cls,
                                      const cim::ObjectPath& path, const cim::PropertySet& properties) override;
  absl::StatusOr<broker::MethodResult> Invoke(const broker::ReadContext& context, security::Operation& operation,
                                              broker::MethodCall call) override;

 private:
  const ViewContext& context_;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MANAGEMENT_SERVICE_H_
