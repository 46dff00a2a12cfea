#include "service/rpc/front_end.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "service/cim/status_macros.h"
#include "service/rpc/acceptor.h"
#include "service/rpc/tls_servers.h"
#include "service/rpc/user_servers.h"

namespace cimvisor::rpc {
namespace {

class FrontEndImpl : public FrontEnd {
 public:
  FrontEndImpl(FrontEndOptions options, const security::RoleTable& roles)
      : options_(std::move(options)),
        calls_({.threads = options_.limits.call_threads, .queue = options_.limits.waiting_calls}),
        queries_({.threads = options_.limits.query_threads, .queue = options_.limits.waiting_calls}),
        streams_({.threads = options_.limits.stream_threads, .queue = SIZE_MAX}),
        environment_(MakeEnvironment()),
        roles_(roles),
        users_(environment_, roles) {}

  ~FrontEndImpl() override { Shutdown(absl::ZeroDuration()); }

  absl::Status Listen() {
    std::vector<security::UniqueFd> listeners;
    for (const ListenAddress& address : options_.addresses) {
      ASSIGN_OR_RETURN(security::UniqueFd listener, ListenOn(address));
      listeners.push_back(std::move(listener));
    }
    for (size_t i = 0; i < listeners.size(); ++i) {
      const bool is_unix = options_.addresses[i].is_unix();
      acceptors_.push_back(std::make_unique<Acceptor>(
          std::move(listeners[i]),
          [this, is_unix](security::UniqueFd connection) {
            if (is_unix) {
              users_.Serve(std::move(connection));
            } else {
              tls_->Serve(std::move(connection));
            }
          },
          environment_.log));
    }
    return absl::OkStatus();
  }

  absl::Status Reload() override {
    users_.RefreshRoles();
    return tls_ == nullptr ? absl::OkStatus() : tls_->Reload();
  }

  void Shutdown(absl::Duration grace) override {
    absl::MutexLock lock(&shutdown_mutex_);
    if (shut_down_) return;
    shut_down_ = true;
    acceptors_.clear();
    for (const std::string& path : bound_paths_) RemoveUnixSocket(path);
    const absl::Time deadline = absl::Now() + grace;
    if (tls_ != nullptr) tls_->Shutdown(deadline);
    users_.Shutdown(deadline);
  }

  std::vector<uint16_t> tcp_ports() const override { return tcp_ports_; }

 private:
  Environment MakeEnvironment() {
    Environment environment;
    environment.broker = options_.broker;
    environment.consoles = options_.consoles;
    environment.host = options_.host;
    environment.identity = {options_.instance_id, options_.broker->server_name()};
    environment.renderers = options_.renderers;
    environment.limits = options_.limits;
    environment.log = options_.log ? options_.log : [](LogLevel, absl::string_view, absl::string_view) {};
    environment.calls = &calls_;
    environment.queries = &queries_;
    environment.streams = &streams_;
    return environment;
  }

  absl::StatusOr<security::UniqueFd> ListenOn(const ListenAddress& address) {
    if (address.is_unix()) {
      ASSIGN_OR_RETURN(security::UniqueFd listener, ListenUnix(address.unix_path, options_.unix_socket));
      bound_paths_.push_back(address.unix_path);
      return listener;
    }
    if (!options_.tls.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("to listen on ", address.host, ":", address.port,
                       " needs TLS: give --tls-cert, --tls-key and --tls-client-ca (there is no plain TCP)"));
    }
    if (tls_ == nullptr) {
      ASSIGN_OR_RETURN(tls_, TlsServers::Create(environment_, roles_, *options_.tls));
    }
    ASSIGN_OR_RETURN(security::UniqueFd listener, ListenTcp(address));
    ASSIGN_OR_RETURN(const uint16_t port, LocalPort(listener.get()));
    tcp_ports_.push_back(port);
    return listener;
  }

  const FrontEndOptions options_;
  // The pools outlive the servers, whose calls run on them.
  WorkerPool calls_;
  WorkerPool queries_;
  WorkerPool streams_;
  const Environment environment_;
  const security::RoleTable& roles_;
  UserServers users_;
  std::unique_ptr<TlsServers> tls_;
  std::vector<std::string> bound_paths_;
  std::vector<uint16_t> tcp_ports_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  absl::Mutex shutdown_mutex_;
  bool shut_down_ ABSL_GUARDED_BY(shutdown_mutex_) = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<FrontEnd>> FrontEnd::Start(FrontEndOptions options, const security::RoleTable& roles) {
  auto front_end = std::make_unique<FrontEndImpl>(std::move(options), roles);
  RETURN_IF_ERROR(front_end->Listen());
  return front_end;
}

}  // namespace cimvisor::rpc
