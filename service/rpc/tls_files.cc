#include "service/rpc/tls_files.h"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/cim/status_macros.h"

namespace cimvisor::rpc {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(CONF* configuration) const { NCONF_free(configuration); }
};

constexpr size_t kMaximumFileBytes = 1 << 20;

// Protocol = -X sets SSL_OP_NO_X, which gRPC leaves alone when it sets its own minimum (TLS 1.2).
constexpr char kTls13Only[] =
    "openssl_conf = cimvisor\n"
    "[cimvisor]\n"
    "ssl_conf = sections\n"
    "[sections]\n"
    "system_default = tls13\n"
    "[tls13]\n"
    "Protocol = ALL,-SSLv3,-TLSv1,-TLSv1.1,-TLSv1.2\n";

std::string OpenSslError() {
  const unsigned long code = ERR_get_error();  // NOLINT: OpenSSL's type
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "not in PEM form" : reason;
}

absl::StatusOr<std::string> ReadFile(const std::string& path, absl::string_view what) {
  if (path.empty()) return absl::InvalidArgumentError(absl::StrCat("TLS needs ", what, "; no file is given"));
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const std::string message = absl::StrCat("cannot read ", what, " ", path, ": ", std::strerror(errno));
    return errno == EACCES ? absl::PermissionDeniedError(message) : absl::NotFoundError(message);
  }
  std::ostringstream text;
  text << file.rdbuf();
  std::string content = text.str();
  if (content.size() > kMaximumFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is too large for ", what));
  }
  return content;
}

std::unique_ptr<BIO, Free> Memory(const std::string& text) {
  return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// No pass phrase is asked for on a terminal.
int NoPassPhrase(char*, int, int, void*) { return -1; }

absl::StatusOr<std::unique_ptr<X509, Free>> ParseCertificate(const std::string& text, const std::string& path) {
  std::unique_ptr<X509, Free> certificate(PEM_read_bio_X509(Memory(text).get(), nullptr, NoPassPhrase, nullptr));
  if (certificate == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(path, " holds no certificate: ", OpenSslError()));
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
    return absl::InvalidArgumentError(absl::StrCat("the certificate in ", path, " has expired; make a new one"));
  }
  return certificate;
}

}  // namespace

absl::StatusOr<TlsMaterial> LoadTlsMaterial(const TlsFiles& files) {
  TlsMaterial material;
  ASSIGN_OR_RETURN(material.certificate, ReadFile(files.certificate, "the service's certificate"));
  ASSIGN_OR_RETURN(material.key, ReadFile(files.key, "the service's key"));
  ASSIGN_OR_RETURN(material.client_ca, ReadFile(files.client_ca, "the clients' certificate authority"));
  ASSIGN_OR_RETURN(const auto certificate, ParseCertificate(material.certificate, files.certificate));
  ASSIGN_OR_RETURN(const auto authority, ParseCertificate(material.client_ca, files.client_ca));
  const std::unique_ptr<EVP_PKEY, Free> key(
      PEM_read_bio_PrivateKey(Memory(material.key).get(), nullptr, NoPassPhrase, nullptr));
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.key, " holds no private key without a pass phrase: ", OpenSslError()));
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(
        absl::StrCat("the key in ", files.key, " is not that of the certificate in ", files.certificate));
  }
  return material;
}

absl::Status RequireTls13() {
  if (OPENSSL_init_ssl(0, nullptr) != 1) return absl::InternalError(absl::StrCat("OpenSSL: ", OpenSslError()));
  const std::unique_ptr<CONF, Free> configuration(NCONF_new(nullptr));
  long line = 0;  // NOLINT: OpenSSL's type
  if (configuration == nullptr || NCONF_load_bio(configuration.get(), Memory(kTls13Only).get(), &line) != 1 ||
      CONF_modules_load(configuration.get(), nullptr, 0) != 1) {
    return absl::InternalError(absl::StrCat("OpenSSL cannot be set to TLS 1.3: ", OpenSslError()));
  }
  return absl::OkStatus();
}

}  // namespace cimvisor::rpc
