// Cimvisor_HostInformation: what the host can do for machines. One instance.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_HOST_INFORMATION_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_HOST_INFORMATION_H_

#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"

namespace cimvisor::views {

class HostInformationProvider : public broker::Provider {
 public:
  explicit HostInformationProvider(const ViewContext& context) : context_(context) {}

  absl::Status Enumerate(const broker::ReadContext& context, const broker::EnumerateRequest& request,
                         broker::InstanceSink sink) override;
  absl::StatusOr<InstancePointer> Get(const broker::ReadContext& context, const ClassPointer& cls,
                                      const cim::ObjectPath& path, const cim::PropertySet& properties) override;

 private:
  const ViewContext& context_;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_HOST_INFORMATION_H_
