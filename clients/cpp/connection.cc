#include "clients/cpp/connection.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::client {
namespace {

constexpr char kDefaultServer[] = "unix:/run/cimvisor/cimvisord.sock";
constexpr int kLargestMessage = 64 << 20;

std::string FromEnvironment(const std::string& given, const char* variable) {
  if (!given.empty()) return given;
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::string> ReadPem(const std::string& path, const char* option, const char* variable) {
  if (path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a server on TCP speaks mutual TLS only: give ", option, " (or $", variable, ")"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path, " (", option, "): ", std::strerror(errno)));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A socket's name has room for 107 bytes. A longer path is reached through a descriptor of its folder, which stays open
// as long as the program, since the channel may connect again at any time.
absl::StatusOr<std::string> ShortSocketName(const std::string& path) {
  if (path.size() < sizeof(sockaddr_un{}.sun_path)) return path;
  const size_t slash = path.rfind('/');
  const int folder = open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    return absl::UnavailableError(absl::StrCat("cannot reach the service at unix:", path, ": ", std::strerror(errno),
                                               " (is cimvisord running?)"));
  }
  return absl::StrCat("/proc/self/fd/", folder, path.substr(slash));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> TlsCredentials(const ConnectionOptions& options) {
  ASSIGN_OR_RETURN(const std::string ca,
                   ReadPem(FromEnvironment(options.tls_ca_file, "CIMVISOR_TLS_CA"), "--tls-ca", "CIMVISOR_TLS_CA"));
  ASSIGN_OR_RETURN(
      const std::string certificate,
      ReadPem(FromEnvironment(options.tls_certificate_file, "CIMVISOR_TLS_CERT"), "--tls-cert", "CIMVISOR_TLS_CERT"));
  ASSIGN_OR_RETURN(const std::string key,
                   ReadPem(FromEnvironment(options.tls_key_file, "CIMVISOR_TLS_KEY"), "--tls-key", "CIMVISOR_TLS_KEY"));
  std::vector<grpc::experimental::IdentityKeyCertPair> pairs = {{key, certificate}};
  grpc::experimental::TlsChannelCredentialsOptions tls;
  tls.set_certificate_provider(std::make_shared<grpc::experimental::StaticDataCertificateProvider>(ca, pairs));
  tls.watch_root_certs();
  tls.watch_identity_key_cert_pairs();
  tls.set_verify_server_certs(true);
  return grpc::experimental::TlsCredentials(tls);
}

}  // namespace

std::string ServerAddress(const ConnectionOptions& options) {
  const std::string server = FromEnvironment(options.server, "CIMVISOR_SERVER");
  return server.empty() ? kDefaultServer : server;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ConnectionOptions& options) {
  const std::string address = ServerAddress(options);
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kLargestMessage);
  // Each client has its own connection, and does not wait for what another one's attempts met.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // gRPC also gives an attempt to connect no more time than this: a handshake over a long way, or with a host under
  // load, must fit. An attempt that is refused does not wait for it.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 15000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  absl::string_view path = address;
  if (absl::ConsumePrefix(&path, "unix:")) {
    if (path.empty()) return absl::InvalidArgumentError("--server unix: needs a path after the colon");
    ASSIGN_OR_RETURN(const std::string name, ShortSocketName(std::string(path)));
    return grpc::CreateCustomChannel(absl::StrCat("unix:", name), grpc::InsecureChannelCredentials(), arguments);
  }
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon + 1 == address.size() || colon == 0) {
    return absl::InvalidArgumentError(absl::StrCat("--server \"", address, "\" is neither unix:PATH nor HOST:PORT"));
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials, TlsCredentials(options));
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

}  // namespace cimvisor::client
