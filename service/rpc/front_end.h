// The gRPC front end: listens, knows its callers, and serves ObjectManager and Console.
//
//   auto front_end = rpc::FrontEnd::Start(std::move(options), roles);
//   … SIGHUP: roles.Replace(…), (*front_end)->Reload() … SIGTERM: (*front_end)->Shutdown(absl::Seconds(5)) …
#ifndef CIMVISOR_SERVICE_RPC_FRONT_END_H_
#define CIMVISOR_SERVICE_RPC_FRONT_END_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/rpc/environment.h"
#include "service/rpc/listening_socket.h"
#include "service/rpc/tls_files.h"
#include "service/security/role_table.h"

namespace cimvisor::rpc {

struct FrontEndOptions {
  std::vector<ListenAddress> addresses;
  UnixSocketOptions unix_socket;
  std::optional<TlsFiles> tls;  // needed for addresses on TCP: there is no plain TCP

  broker::Broker* broker = nullptr;
  console::ConsoleDirectory* consoles = nullptr;
  HostServices* host = nullptr;
  std::string instance_id;  // of the database
  Renderers renderers;
  Limits limits;
  LogFunction log;  // empty: silence
};

// Thread-safe. Everything that the options and `roles` point to outlives it.
class FrontEnd {
 public:
  // Listens on every address, or on none: errors name the address.
  static absl::StatusOr<std::unique_ptr<FrontEnd>> Start(FrontEndOptions options, const security::RoleTable& roles);
  virtual ~FrontEnd() = default;  // Shutdown at once

  // Reads the certificates anew and looks up everybody's role anew. An error is that of the certificates, of which the
  // old ones then stay.
  virtual absl::Status Reload() = 0;

  // No new connections and calls; running calls may go on for `grace`, then they are cancelled. Removes the sockets'
  // files. Idempotent.
  virtual void Shutdown(absl::Duration grace) = 0;

  // The ports of the TCP addresses, in their order.
  virtual std::vector<uint16_t> tcp_ports() const = 0;
};

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_FRONT_END_H_
