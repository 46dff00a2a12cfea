// Which identity has which role, from the configuration; replaced as a whole on SIGHUP.
#ifndef CIMVISOR_SERVICE_SECURITY_ROLE_TABLE_H_
#define CIMVISOR_SERVICE_SECURITY_ROLE_TABLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "service/security/caller.h"

namespace cimvisor::security {

// The members of one role. A certificate is listed by its subject's common name ("admin").
struct RoleMembers {
  std::vector<std::string> users;
  std::vector<std::string> groups;  // of the host's users
  std::vector<std::string> certificates;
};

struct RoleConfiguration {
  RoleMembers administrators{{}, {"cimvisor"}, {}};
  RoleMembers readers;
};

// The host's users and groups, handed in so that tests need none.
class UserDatabase {
 public:
  virtual ~UserDatabase() = default;
  // The name of a user id; the number as text when it has none.
  virtual std::string UserName(uint32_t uid) const = 0;
  // Names of all groups of a user, the primary one included; `gid` is the peer's own group.
  virtual std::vector<std::string> GroupNames(uint32_t uid, uint32_t gid) const = 0;
};

// The C library's databases (getpwuid_r, getgrouplist). Thread-safe; may block on a name service.
std::unique_ptr<UserDatabase> SystemUserDatabase();

// Thread-safe.
class RoleTable {
 public:
  // `users` must outlive it.
  RoleTable(const UserDatabase& users, RoleConfiguration configuration);

  // From now on; calls that run keep the role that they came with.
  void Replace(RoleConfiguration configuration);

  // The caller at the other end of a unix socket (SO_PEERCRED). User 0 is always an administrator.
  Caller UnixCaller(uint32_t uid, uint32_t gid) const;
  // The caller with a verified client certificate.
  Caller CertificateCaller(const std::string& common_name) const;

 private:
  std::shared_ptr<const RoleConfiguration> Current() const;

  const UserDatabase& users_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const RoleConfiguration> configuration_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_ROLE_TABLE_H_
