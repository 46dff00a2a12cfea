// Typed classes for the Python client, from resolved classes.
#ifndef CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_PYTHON_WRITER_H_
#define CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_PYTHON_WRITER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"

namespace cimvisor::codegen {

// "root/virtualization/v2" -> "root_virtualization_v2", the name of the namespace's Python module.
std::string PythonModuleName(absl::string_view name_space);

// A Python module with a class for each class of the namespace: its own properties as annotations, and a method for
// each method that makes a cimvisor.MethodCall with a result of a type of its own. System classes are left out.
std::string PythonModule(const cim::ClassRepository& repository, absl::string_view name_space);

}  // namespace cimvisor::codegen

#endif  // CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_PYTHON_WRITER_H_
