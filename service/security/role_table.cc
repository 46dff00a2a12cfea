#include "service/security/role_table.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"

namespace cimvisor::security {
namespace {

bool IsMember(const RoleMembers& members, const std::string& user, const std::vector<std::string>& groups) {
  if (absl::c_linear_search(members.users, user)) return true;
  return absl::c_any_of(members.groups, [&](const std::string& group) { return absl::c_linear_search(groups, group); });
}

}  // namespace

RoleTable::RoleTable(const UserDatabase& users, RoleConfiguration configuration)
    : users_(users), configuration_(std::make_shared<const RoleConfiguration>(std::move(configuration))) {}

void RoleTable::Replace(RoleConfiguration configuration) {
  auto fresh = std::make_shared<const RoleConfiguration>(std::move(configuration));
  const absl::MutexLock lock(&mutex_);
  configuration_.swap(fresh);
}

std::shared_ptr<const RoleConfiguration> RoleTable::Current() const {
  const absl::MutexLock lock(&mutex_);
  return configuration_;
}

Caller RoleTable::UnixCaller(uint32_t uid, uint32_t gid) const {
  Caller caller;
  caller.identity = {Identity::Kind::kUnixUser, users_.UserName(uid), uid};
  const std::shared_ptr<const RoleConfiguration> configuration = Current();
  const std::vector<std::string> groups = users_.GroupNames(uid, gid);
  if (uid == 0 || IsMember(configuration->administrators, caller.identity.name, groups)) {
    caller.role = Role::kAdministrator;
  } else if (IsMember(configuration->readers, caller.identity.name, groups)) {
    caller.role = Role::kReader;
  }
  return caller;
}

Caller RoleTable::CertificateCaller(const std::string& common_name) const {
  Caller caller;
  caller.identity = {Identity::Kind::kCertificate, common_name, 0};
  if (common_name.empty()) return caller;
  const std::shared_ptr<const RoleConfiguration> configuration = Current();
  if (absl::c_linear_search(configuration->administrators.certificates, common_name)) {
    caller.role = Role::kAdministrator;
  } else if (absl::c_linear_search(configuration->readers.certificates, common_name)) {
    caller.role = Role::kReader;
  }
  return caller;
}

}  // namespace cimvisor::security
