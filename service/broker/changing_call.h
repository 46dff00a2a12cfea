// What the four changing calls have in common: the operation that travels to the transaction, and request ids.
#ifndef CIMVISOR_SERVICE_BROKER_CHANGING_CALL_H_
#define CIMVISOR_SERVICE_BROKER_CHANGING_CALL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/broker/call.h"
#include "service/broker/dependencies.h"
#include "service/security/operation.h"

namespace cimvisor::broker {

// `parameters` are bytes that say all that makes the request what it is besides name and object: with a request id,
// their hash tells a repeat from another request.
security::Operation MakeOperation(const CallContext& call, absl::string_view name, const cim::ObjectPath& object,
                                  absl::string_view parameters);

// The end of a planned call: CIM_ERR_NOT_SUPPORTED, by name, when nobody filled the plan.
absl::Status CheckPlanned(const security::ChangePlan& plan, absl::string_view name);

// InvokeMethod, CreateInstance, ModifyInstance and DeleteInstance of broker.h.
absl::StatusOr<InvokeResult> RunInvoke(const BrokerDependencies& dependencies, const CallContext& call,
                                       const InvokeRequest& request);
absl::StatusOr<ChangeResult> RunCreate(const BrokerDependencies& dependencies, const CallContext& call,
                                       const InstanceInput& input);
absl::StatusOr<ChangeResult> RunModify(const BrokerDependencies& dependencies, const CallContext& call,
                                       const InstanceInput& input);
absl::StatusOr<ChangeResult> RunDelete(const BrokerDependencies& dependencies, const CallContext& call,
                                       absl::string_view path);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_CHANGING_CALL_H_
