// The servers behind TCP: mutual TLS 1.3 only, and a new server for each set of certificates.
#ifndef CIMVISOR_SERVICE_RPC_TLS_SERVERS_H_
#define CIMVISOR_SERVICE_RPC_TLS_SERVERS_H_

#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/rpc/environment.h"
#include "service/rpc/tls_files.h"
#include "service/security/role_table.h"
#include "service/security/unique_fd.h"

namespace cimvisor::rpc {

// A connection is served with the certificates that counted when it came. Thread-safe.
class TlsServers {
 public:
  // `environment` and `roles` outlive it. Errors are LoadTlsMaterial's.
  static absl::StatusOr<std::unique_ptr<TlsServers>> Create(const Environment& environment,
                                                            const security::RoleTable& roles, TlsFiles files);
  ~TlsServers();
  TlsServers(const TlsServers&) = delete;
  TlsServers& operator=(const TlsServers&) = delete;

  // A new TCP connection: the handshake is gRPC's.
  void Serve(security::UniqueFd connection);

  // Reads the files anew. New connections get the new certificates; those that were made with the old ones have some
  // seconds to end their calls and are then closed, so that a client whose authority is no longer trusted is gone. An
  // error leaves everything as it was. Unchanged files: nothing happens.
  absl::Status Reload();

  void Shutdown(absl::Time deadline);

 private:
  class Generation;
  TlsServers(const Environment& environment, const security::RoleTable& roles, TlsFiles files);

  const Environment& environment_;
  const security::RoleTable& roles_;
  const TlsFiles files_;
  absl::Mutex reload_mutex_;  // one Reload or Shutdown at a time; taken before mutex_
  TlsMaterial material_ ABSL_GUARDED_BY(reload_mutex_);
  std::thread retiring_ ABSL_GUARDED_BY(reload_mutex_);  // ends the generation before
  absl::Mutex mutex_;
  std::shared_ptr<Generation> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_TLS_SERVERS_H_
