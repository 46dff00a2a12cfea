// Where the service is and how to reach it.
#ifndef CIMVISOR_CLIENTS_CPP_CONNECTION_H_
#define CIMVISOR_CLIENTS_CPP_CONNECTION_H_

#include <memory>
#include <string>

#include <grpcpp/channel.h>

#include "absl/status/statusor.h"

namespace cimvisor::client {

struct ConnectionOptions {
  // "unix:PATH" or "HOST:PORT". Empty: $CIMVISOR_SERVER, else unix:/run/cimvisor/cimvisord.sock.
  std::string server;
  // For HOST:PORT, where only mutual TLS 1.3 is spoken: PEM files. Empty: $CIMVISOR_TLS_CA, $CIMVISOR_TLS_CERT,
  // $CIMVISOR_TLS_KEY.
  std::string tls_ca_file;
  std::string tls_certificate_file;
  std::string tls_key_file;
};

// The address with the defaults filled in.
std::string ServerAddress(const ConnectionOptions& options);

// A channel; nothing is sent yet. kInvalidArgument for an address of another form, kNotFound or kPermissionDenied for a
// PEM file. Paths longer than a socket's name may be (108 bytes) work.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ConnectionOptions& options);

}  // namespace cimvisor::client

#endif  // CIMVISOR_CLIENTS_CPP_CONNECTION_H_
