// Who calls, and on whose behalf. Every operation travels with its Caller; the broker checks its rights.
#ifndef CIMVISOR_SERVICE_SECURITY_CALLER_H_
#define CIMVISOR_SERVICE_SECURITY_CALLER_H_

#include <cstdint>
#include <optional>
#include <string>

namespace cimvisor::security {

enum class Role : uint8_t { kNobody, kReader, kAdministrator };

// What an operation needs; a row of providers/schema/permissions.txt names one for each class and method.
enum class Right : uint8_t {
  kRead,        // readers and administrators
  kAdminister,  // administrators
  kNever,       // nobody from outside
};

struct Identity {
  enum class Kind : uint8_t { kUnixUser, kCertificate, kService };
  Kind kind = Kind::kUnixUser;
  std::string name;  // user name, or the certificate's subject common name, or "cimvisord"
  uint32_t uid = 0;  // kUnixUser only
};

struct Caller {
  Identity identity;
  std::optional<Identity> on_behalf_of;  // only a front end may set it
  Role role = Role::kNobody;             // of the identity that counts
};

// "root", "certificate admin", "service cimvisord", "certificate wsman on behalf of alice". Names with other characters
// than those of user names are quoted and escaped: two callers never have the same text.
std::string CallerText(const Caller& caller);

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_CALLER_H_
