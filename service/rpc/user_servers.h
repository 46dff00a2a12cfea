// The servers behind the unix socket: one for each user.
//
// gRPC 1.51 tells a handler nothing of a unix socket's peer: ServerContext::peer() is "unix:", and the auth context of
// local credentials does not look at SO_PEERCRED. So the front end accepts the connections itself, reads the
// credentials that the kernel fixed at connect(2), and hands each connection to the gRPC server of its user. A server
// without a port of its own costs some kilobytes and microseconds and no thread; its services hold the caller, so that
// the identity of a call is a fact of construction, neither looked up nor to be mistaken.
#ifndef CIMVISOR_SERVICE_RPC_USER_SERVERS_H_
#define CIMVISOR_SERVICE_RPC_USER_SERVERS_H_

#include <map>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/rpc/environment.h"
#include "service/security/role_table.h"
#include "service/security/unique_fd.h"

namespace cimvisor::rpc {

// Thread-safe.
class UserServers {
 public:
  // Both outlive it.
  UserServers(const Environment& environment, const security::RoleTable& roles);
  ~UserServers();
  UserServers(const UserServers&) = delete;
  UserServers& operator=(const UserServers&) = delete;

  // Serves a connection of a unix socket as the user at its other end. The user's role is looked up anew, which may
  // wait for a name service. A connection that cannot be served is closed, with a log line.
  void Serve(security::UniqueFd connection);

  // Looks up every user's role anew, from the next call on: after RoleTable::Replace.
  void RefreshRoles();

  // Refuses new calls, lets running ones go on until `deadline`, then cancels them.
  void Shutdown(absl::Time deadline);

 private:
  class UserServer;
  using UserKey = std::pair<uint32_t, uint32_t>;  // uid, gid

  const Environment& environment_;
  const security::RoleTable& roles_;
  absl::Mutex mutex_;
  std::map<UserKey, std::unique_ptr<UserServer>> servers_ ABSL_GUARDED_BY(mutex_);
  bool shut_down_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_USER_SERVERS_H_
