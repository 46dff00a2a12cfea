// Random identifiers.
#ifndef CIMVISOR_SERVICE_STORE_GUID_H_
#define CIMVISOR_SERVICE_STORE_GUID_H_

#include <string>

namespace cimvisor::store {

// A random GUID (RFC 4122 §4.4) in upper case, without braces, as Hyper-V writes them. Thread-safe.
std::string RandomGuid();

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_GUID_H_
