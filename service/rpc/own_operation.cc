#include "service/rpc/own_operation.h"

#include "service/security/authorizer.h"

namespace cimvisor::rpc {

security::Operation OwnOperation(const security::Caller& caller, absl::string_view name, absl::string_view object) {
  security::Operation operation;
  operation.caller = caller;
  operation.name = std::string(name);
  operation.object = std::string(object);
  return operation;
}

absl::Status AuthorizeOwn(const Environment& environment, const security::Operation& operation, security::Right right) {
  absl::Status allowed = security::Authorize(operation.caller, right, operation.name);
  if (allowed.ok()) return allowed;
  const absl::Status recorded = environment.host->RecordDenied(operation, allowed.message());
  if (!recorded.ok() && environment.log) {
    environment.log(LogLevel::kError, operation.object,
                    std::string("a denial could not be audited: ") + recorded.ToString());
  }
  return allowed;
}

}  // namespace cimvisor::rpc
