// New GUIDs.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_GUID_H_
#define CIMVISOR_PROVIDERS_INVENTORY_GUID_H_

#include <string>

namespace cimvisor::inventory {

// A random GUID (RFC 4122 §4.4, version 4) of 36 characters in upper case, from the kernel's generator.
std::string NewGuid();

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_GUID_H_
