// Role by right: the one place that says who may do what.
#ifndef CIMVISOR_SERVICE_SECURITY_AUTHORIZER_H_
#define CIMVISOR_SERVICE_SECURITY_AUTHORIZER_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/security/caller.h"

namespace cimvisor::security {

// Denied by default.
bool Allows(Role role, Right right);

// OK, or CIM_ERR_ACCESS_DENIED that names the caller, its role, `operation` and what would be needed.
absl::Status Authorize(const Caller& caller, Right right, absl::string_view operation);

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_AUTHORIZER_H_
