#include "service/rpc/user_servers.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/rpc/console_service.h"
#include "service/rpc/listening_socket.h"
#include "service/rpc/object_manager_service.h"
#include "service/rpc/server_settings.h"

namespace cimvisor::rpc {
namespace {

// One user, with the role that was looked up last.
class UserCaller : public CallerSource {
 public:
  security::Caller CallerOf(const grpc::CallbackServerContext&) const override {
    absl::ReaderMutexLock lock(&mutex_);
    return caller_;
  }
  void Set(security::Caller caller) {
    absl::MutexLock lock(&mutex_);
    caller_ = std::move(caller);
  }

 private:
  mutable absl::Mutex mutex_;
  security::Caller caller_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

class UserServers::UserServer {
 public:
  explicit UserServer(const Environment& environment)
      : objects_(environment, caller_), consoles_(environment, caller_) {
    grpc::ServerBuilder builder;
    ApplySettings(environment.limits, builder);
    builder.RegisterService(&objects_);
    builder.RegisterService(&consoles_);
    server_ = builder.BuildAndStart();
  }

  void SetCaller(security::Caller caller) { caller_.Set(std::move(caller)); }
  // The server takes the descriptor.
  void Serve(security::UniqueFd connection) { grpc::AddInsecureChannelFromFd(server_.get(), connection.Release()); }
  void Shutdown(absl::Time deadline) { server_->Shutdown(absl::ToChronoTime(deadline)); }

 private:
  UserCaller caller_;
  ObjectManagerService objects_;
  ConsoleService consoles_;
  std::unique_ptr<grpc::Server> server_;
};

UserServers::UserServers(const Environment& environment, const security::RoleTable& roles)
    : environment_(environment), roles_(roles) {}

UserServers::~UserServers() { Shutdown(absl::Now()); }

void UserServers::Serve(security::UniqueFd connection) {
  const absl::StatusOr<PeerCredentials> peer = ReadPeerCredentials(connection.get());
  if (!peer.ok()) {
    environment_.log(LogLevel::kWarning, "", std::string(peer.status().message()));
    return;
  }
  security::Caller caller = roles_.UnixCaller(peer->uid, peer->gid);
  absl::MutexLock lock(&mutex_);
  if (shut_down_) return;
  auto place = servers_.find({peer->uid, peer->gid});
  if (place == servers_.end()) {
    if (servers_.size() >= environment_.limits.users) {
      environment_.log(LogLevel::kWarning, security::CallerText(caller),
                       absl::StrCat("connection closed: ", servers_.size(), " different users are served already"));
      return;
    }
    place = servers_.emplace(UserKey(peer->uid, peer->gid), std::make_unique<UserServer>(environment_)).first;
  }
  place->second->SetCaller(std::move(caller));
  place->second->Serve(std::move(connection));
}

void UserServers::RefreshRoles() {
  std::vector<UserKey> users;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [key, server] : servers_) users.push_back(key);
  }
  for (const UserKey& key : users) {
    security::Caller caller = roles_.UnixCaller(key.first, key.second);
    absl::MutexLock lock(&mutex_);
    servers_.at(key)->SetCaller(std::move(caller));
  }
}

void UserServers::Shutdown(absl::Time deadline) {
  std::vector<UserServer*> servers;
  {
    absl::MutexLock lock(&mutex_);
    shut_down_ = true;
    for (const auto& [key, server] : servers_) servers.push_back(server.get());
  }
  for (UserServer* server : servers) server->Shutdown(deadline);  // never removed before the destructor
}

}  // namespace cimvisor::rpc
