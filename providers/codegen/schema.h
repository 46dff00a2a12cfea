// The schema that is embedded in the binary: every class, from providers/schema/*.mof.
#ifndef CIMVISOR_PROVIDERS_CODEGEN_SCHEMA_H_
#define CIMVISOR_PROVIDERS_CODEGEN_SCHEMA_H_

#include "absl/status/status.h"
#include "service/cim/class_repository.h"

namespace cimvisor::schema {

// Adds every class of every namespace to `repository`. The slots of the generated C++ are those of these classes. Fails
// only when the repository already holds one of them.
absl::Status LoadSchema(cim::ClassRepository* repository);

}  // namespace cimvisor::schema

#endif  // CIMVISOR_PROVIDERS_CODEGEN_SCHEMA_H_
