// The operations that the front end carries out itself (Upload, Backup, a new check of the host): their right and their
// audit. All others are the broker's.
#ifndef CIMVISOR_SERVICE_RPC_OWN_OPERATION_H_
#define CIMVISOR_SERVICE_RPC_OWN_OPERATION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/rpc/environment.h"
#include "service/security/caller.h"
#include "service/security/operation.h"

namespace cimvisor::rpc {

// An operation for the audit.
security::Operation OwnOperation(const security::Caller& caller, absl::string_view name, absl::string_view object);

// OK when the caller has the right; else CIM_ERR_ACCESS_DENIED, after an audit row. May wait for a commit.
absl::Status AuthorizeOwn(const Environment& environment, const security::Operation& operation, security::Right right);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_OWN_OPERATION_H_
