// Msvm_ComputerSystem: the host and each machine, and RequestStateChange.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_COMPUTER_SYSTEM_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_COMPUTER_SYSTEM_H_

#include <memory>

#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"

namespace cimvisor::views {

class ComputerSystemProvider : public broker::Provider {
 public:
  explicit ComputerSystemProvider(const ViewContext& context) : context_(context) {}

  absl::Status Enumerate(const broker::ReadContext& context, const broker::EnumerateRequest& request,
                         broker::InstanceSink sink) override;
  bool HasIndex(const cim::Class& cls, const broker::LookupHint& hint) const override;
  absl::StatusOr<InstancePointer> Get(const broker::ReadContext& context, const ClassPointer& cls,
                                      const cim::ObjectPath& path, const cim::PropertySet& properties) override;
  absl::StatusOr<broker::MethodResult> Invoke(const broker::ReadContext& context, security::Operation& operation,
                                              broker::MethodCall call) override;

 private:
  absl::StatusOr<broker::MethodResult> RequestStateChange(security::Operation& operation,
                                                          const broker::MethodCall& call) const;

  const ViewContext& context_;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_COMPUTER_SYSTEM_H_
