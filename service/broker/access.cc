#include "service/broker/access.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/security/authorizer.h"
#include "service/security/operation.h"

namespace cimvisor::broker {
namespace {

absl::Status CheckMode(const CallContext& call, absl::string_view operation) {
  if (call.mode == Mode::kDo) return absl::OkStatus();
  return cim::CimError(cim::CimStatus::kNotSupported,
                       absl::StrCat("MODE_PLAN is not supported for ", operation, ", which changes nothing"));
}

}  // namespace

absl::Status CheckRight(const BrokerDependencies& dependencies, const CallContext& call, security::Right right,
                        absl::string_view operation, absl::string_view object) {
  const absl::Status allowed = security::Authorize(call.caller, right, operation);
  if (allowed.ok()) return allowed;
  security::Operation denied;
  denied.caller = call.caller;
  denied.name = std::string(operation);
  denied.object = std::string(object.substr(0, 1000));
  denied.deadline = call.deadline;
  // The call is denied whether or not its row can be written.
  dependencies.audit_log->Denied(denied, allowed.message()).IgnoreError();
  return allowed;
}

bool MayRead(const BrokerDependencies& dependencies, const security::Caller& caller, const cim::Class& cls) {
  return security::Allows(caller.role, dependencies.right_for(cls, ""));
}

absl::Status CheckReadCall(const CallContext& call, absl::string_view operation) {
  RETURN_IF_ERROR(CheckMode(call, operation));
  if (call.expected_revision != 0) {
    return cim::CimError(cim::CimStatus::kNotSupported, absl::StrCat("an expected revision is not supported for ",
                                                                     operation, ", which changes nothing"));
  }
  return CheckAlive(call);
}

absl::Status CheckChangingCall(const BrokerDependencies& dependencies, const CallContext& call) {
  if (call.expected_revision != 0) {
    const int64_t current = dependencies.read_points->Current()->revision();
    if (call.expected_revision > current) {
      return cim::CimError(cim::CimStatus::kInvalidParameter,
                           absl::StrCat("the expected revision ", call.expected_revision,
                                        " is of another service or of a database that was restored since: this one is "
                                        "at revision ",
                                        current));
    }
  }
  return CheckAlive(call);
}

absl::Status CheckAlive(const CallContext& call) {
  if (call.cancelled && call.cancelled()) return absl::CancelledError("the call was cancelled by its caller");
  if (call.deadline != absl::InfiniteFuture() && absl::Now() >= call.deadline)
    return absl::DeadlineExceededError("the deadline of the call has passed");
  return absl::OkStatus();
}

ReadContext MakeReadContext(const BrokerDependencies& dependencies, const CallContext& call) {
  ReadContext context;
  context.caller = call.caller;
  context.read_point = dependencies.read_points->Current();
  context.deadline = call.deadline;
  context.cancelled = call.cancelled;
  return context;
}

}  // namespace cimvisor::broker
