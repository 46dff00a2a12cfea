// The methods of Msvm_VirtualSystemManagementService, each a function; management_service.cc routes to them.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SERVICE_METHODS_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SERVICE_METHODS_H_

#include "absl/status/statusor.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"

namespace cimvisor::views {

// A method: its outcome (also a refusal, with an Msvm_Error) is a MethodResult; a status is a failure of the protocol.
using ServiceMethod = absl::StatusOr<broker::MethodResult> (*)(const ViewContext& views,
                                                               const broker::ReadContext& context,
                                                               security::Operation& operation,
                                                               const broker::MethodCall& call);

// system_methods.cc
absl::StatusOr<broker::MethodResult> DefineSystem(const ViewContext& views, const broker::ReadContext& context,
                                                  security::Operation& operation, const broker::MethodCall& call);
absl::StatusOr<broker::MethodResult> ModifySystemSettings(const ViewContext& views, const broker::ReadContext& context,
                                                          security::Operation& operation,
                                                          const broker::MethodCall& call);
absl::StatusOr<broker::MethodResult> DestroySystem(const ViewContext& views, const broker::ReadContext& context,
                                                   security::Operation& operation, const broker::MethodCall& call);
// resource_methods.cc
absl::StatusOr<broker::MethodResult> AddResourceSettings(const ViewContext& views, const broker::ReadContext& context,
                                                         security::Operation& operation,
                                                         const broker::MethodCall& call);
absl::StatusOr<broker::MethodResult> ModifyResourceSettings(const ViewContext& views,
                                                            const broker::ReadContext& context,
                                                            security::Operation& operation,
                                                            const broker::MethodCall& call);
absl::StatusOr<broker::MethodResult> RemoveResourceSettings(const ViewContext& views,
                                                            const broker::ReadContext& context,
                                                            security::Operation& operation,
                                                            const broker::MethodCall& call);
// summary_method.cc
absl::StatusOr<broker::MethodResult> GetSummaryInformation(const ViewContext& views, const broker::ReadContext& context,
                                                           security::Operation& operation,
                                                           const broker::MethodCall& call);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_SERVICE_METHODS_H_
