#include "service/security/authorizer.h"

#include "absl/strings/str_cat.h"
#include "service/cim/errors.h"

namespace cimvisor::security {
namespace {

absl::string_view RoleName(Role role) {
  switch (role) {
    case Role::kReader:
      return "a reader";
    case Role::kAdministrator:
      return "an administrator";
    case Role::kNobody:
      break;
  }
  return "without a role";
}

absl::string_view Needed(Right right) {
  switch (right) {
    case Right::kRead:
      return "it needs the role of a reader or an administrator: ask an administrator to list the caller in the "
             "service's configuration";
    case Right::kAdminister:
      return "it needs the role of an administrator: ask an administrator to list the caller in the service's "
             "configuration";
    case Right::kNever:
      break;
  }
  return "nobody may call it from outside";
}

}  // namespace

bool Allows(Role role, Right right) {
  switch (right) {
    case Right::kRead:
      return role == Role::kReader || role == Role::kAdministrator;
    case Right::kAdminister:
      return role == Role::kAdministrator;
    case Right::kNever:
      return false;
  }
  return false;
}

absl::Status Authorize(const Caller& caller, Right right, absl::string_view operation) {
  if (Allows(caller.role, right)) return absl::OkStatus();
  return cim::CimError(cim::CimStatus::kAccessDenied,
                       absl::StrCat(operation, " is denied to ", CallerText(caller), ", who is ", RoleName(caller.role),
                                    "; ", Needed(right)));
}

}  // namespace cimvisor::security
