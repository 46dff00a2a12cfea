#include "service/rpc/tls_servers.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "service/cim/status_macros.h"
#include "service/rpc/console_service.h"
#include "service/rpc/object_manager_service.h"
#include "service/rpc/server_settings.h"

namespace cimvisor::rpc {
namespace {

constexpr absl::Duration kRetirement = absl::Seconds(10);

// The subject's common name of the certificate that TLS verified. A certificate without exactly one has no role.
class CertificateCallers : public CallerSource {
 public:
  explicit CertificateCallers(const security::RoleTable& roles) : roles_(roles) {}

  security::Caller CallerOf(const grpc::CallbackServerContext& context) const override {
    const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
    if (peer != nullptr && peer->IsPeerAuthenticated()) {
      const std::vector<grpc::string_ref> names = peer->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
      const std::string name = names.size() == 1 ? std::string(names[0].data(), names[0].size()) : "";
      if (!name.empty() && name.find('\0') == std::string::npos) return roles_.CertificateCaller(name);
    }
    security::Caller nobody;
    nobody.identity.kind = security::Identity::Kind::kCertificate;
    nobody.identity.name = "(without one common name)";
    return nobody;
  }

 private:
  const security::RoleTable& roles_;
};

std::shared_ptr<grpc::ServerCredentials> Credentials(const TlsMaterial& material) {
  const std::vector<grpc::experimental::IdentityKeyCertPair> identity = {{material.key, material.certificate}};
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::StaticDataCertificateProvider>(material.client_ca, identity));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace

class TlsServers::Generation {
 public:
  Generation(const Environment& environment, const security::RoleTable& roles, const TlsMaterial& material)
      : callers_(roles), objects_(environment, callers_), consoles_(environment, callers_) {
    grpc::ServerBuilder builder;
    ApplySettings(environment.limits, builder);
    builder.RegisterService(&objects_);
    builder.RegisterService(&consoles_);
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, Credentials(material));
    server_ = builder.BuildAndStart();
  }

  bool started() const { return server_ != nullptr; }
  // After Shutdown the connection is closed.
  void Serve(security::UniqueFd connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.fd = connection.Release();
    acceptor_->HandleNewConnection(&parameters);
  }
  void Shutdown(absl::Time deadline) { server_->Shutdown(absl::ToChronoTime(deadline)); }

 private:
  CertificateCallers callers_;
  ObjectManagerService objects_;
  ConsoleService consoles_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

TlsServers::TlsServers(const Environment& environment, const security::RoleTable& roles, TlsFiles files)
    : environment_(environment), roles_(roles), files_(std::move(files)) {}

absl::StatusOr<std::unique_ptr<TlsServers>> TlsServers::Create(const Environment& environment,
                                                               const security::RoleTable& roles, TlsFiles files) {
  RETURN_IF_ERROR(RequireTls13());
  auto servers = std::unique_ptr<TlsServers>(new TlsServers(environment, roles, std::move(files)));
  RETURN_IF_ERROR(servers->Reload());
  return servers;
}

TlsServers::~TlsServers() { Shutdown(absl::Now()); }

void TlsServers::Serve(security::UniqueFd connection) {
  const int on = 1;
  setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // for speed only
  std::shared_ptr<Generation> generation;
  {
    absl::MutexLock lock(&mutex_);
    generation = current_;
  }
  if (generation != nullptr) generation->Serve(std::move(connection));
}

absl::Status TlsServers::Reload() {
  absl::MutexLock reload_lock(&reload_mutex_);
  ASSIGN_OR_RETURN(TlsMaterial material, LoadTlsMaterial(files_));
  if (material == material_) return absl::OkStatus();
  auto generation = std::make_shared<Generation>(environment_, roles_, material);
  if (!generation->started()) {
    return absl::InternalError("gRPC refused the certificates; its own log lines above say why");
  }
  material_ = std::move(material);
  {
    absl::MutexLock lock(&mutex_);
    current_.swap(generation);
  }
  if (generation == nullptr) return absl::OkStatus();
  if (retiring_.joinable()) retiring_.join();
  retiring_ = std::thread([old = std::move(generation)] { old->Shutdown(absl::Now() + kRetirement); });
  return absl::OkStatus();
}

void TlsServers::Shutdown(absl::Time deadline) {
  absl::MutexLock reload_lock(&reload_mutex_);
  std::shared_ptr<Generation> last;
  {
    absl::MutexLock lock(&mutex_);
    last.swap(current_);
  }
  if (last != nullptr) last->Shutdown(deadline);
  if (retiring_.joinable()) retiring_.join();
}

}  // namespace cimvisor::rpc
