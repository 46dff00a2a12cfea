// The check of rights and of what travels with a call; denials go to the audit trail.
#ifndef CIMVISOR_SERVICE_BROKER_ACCESS_H_
#define CIMVISOR_SERVICE_BROKER_ACCESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/broker/call.h"
#include "service/broker/dependencies.h"

namespace cimvisor::broker {

// OK, or CIM_ERR_ACCESS_DENIED after a row in the audit trail. `operation` is what the caller tried
// ("Msvm_ComputerSystem.RequestStateChange", "Query"), `object` on what.
absl::Status CheckRight(const BrokerDependencies& dependencies, const CallContext& call, security::Right right,
                        absl::string_view operation, absl::string_view object);

// True when the caller may read instances of the class. For rows, objects and events that are left out of a result
// rather than denied; no audit row.
bool MayRead(const BrokerDependencies& dependencies, const security::Caller& caller, const cim::Class& cls);

// CIM_ERR_NOT_SUPPORTED, by name, for what reading calls do not offer: MODE_PLAN and an expected revision.
absl::Status CheckReadCall(const CallContext& call, absl::string_view operation);
// CIM_ERR_INVALID_PARAMETER for an expected revision that this service has not come to.
absl::Status CheckChangingCall(const BrokerDependencies& dependencies, const CallContext& call);

// kCancelled or kDeadlineExceeded when the call should not go on.
absl::Status CheckAlive(const CallContext& call);

// What a provider is told; the read point is taken now.
ReadContext MakeReadContext(const BrokerDependencies& dependencies, const CallContext& call);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_ACCESS_H_
