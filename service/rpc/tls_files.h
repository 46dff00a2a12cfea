// The certificates of the service, checked before they are used.
#ifndef CIMVISOR_SERVICE_RPC_TLS_FILES_H_
#define CIMVISOR_SERVICE_RPC_TLS_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cimvisor::rpc {

// PEM files.
struct TlsFiles {
  std::string certificate;  // the service's, with its chain
  std::string key;
  std::string client_ca;  // that signed the clients' certificates
};

struct TlsMaterial {
  std::string certificate;
  std::string key;
  std::string client_ca;

  friend bool operator==(const TlsMaterial& a, const TlsMaterial& b) {
    return a.certificate == b.certificate && a.key == b.key && a.client_ca == b.client_ca;
  }
};

// Reads the files. Errors name the file: kNotFound or kPermissionDenied, kInvalidArgument for what is no PEM
// certificate or key, a key that is not the certificate's, a certificate that has expired.
absl::StatusOr<TlsMaterial> LoadTlsMaterial(const TlsFiles& files);

// From now on every TLS connection of this process speaks TLS 1.3 or nothing. gRPC 1.51 offers no such setting to
// servers: OpenSSL's own configuration (config(5ossl), section system_default) applies to the contexts that gRPC makes.
// Call it before the first of them. kInternal when OpenSSL refuses.
absl::Status RequireTls13();

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_TLS_FILES_H_
