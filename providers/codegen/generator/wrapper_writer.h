// The C++ wrapper of one class.
#ifndef CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_WRAPPER_WRITER_H_
#define CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_WRAPPER_WRITER_H_

#include <string>

#include "absl/status/statusor.h"
#include "service/cim/class.h"

namespace cimvisor::codegen {

// `class ComputerSystem : public CimComputerSystem { … };` with what the class declares itself: slots, enum classes,
// accessors and methods. What it inherits comes by C++ inheritance. Fails when two of its members would get the same
// C++ name.
absl::StatusOr<std::string> WrapperText(const cim::Class& cls);

}  // namespace cimvisor::codegen

#endif  // CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_WRAPPER_WRITER_H_
