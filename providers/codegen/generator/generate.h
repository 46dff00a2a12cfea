// Everything that the generator writes, from a schema that is in memory.
#ifndef CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_GENERATE_H_
#define CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_GENERATE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "providers/codegen/generator/area_writer.h"
#include "providers/codegen/schema_files.h"

namespace cimvisor::codegen {

// A namespace of the schema and the stem of its C++: {"root/virtualization/v2", "msvm_v2"}.
using NamespaceStem = std::pair<std::string, std::string>;

// Parses and checks the schema (MOF, volatile.txt, permissions.txt) and gives, by path:
//   providers/schema/STEM.h, providers/schema/STEM/AREA.h   the wrappers
//   schema_text.cc                                          the schema's files, for schema::EmbeddedSchemaFiles
//   access_table.txt                                        namespace, class, method, static, operation, right: a line
//                                                           for each method that can be called, tab-separated
absl::StatusOr<OutputFiles> Generate(const std::vector<schema::SchemaFile>& files,
                                     const std::vector<NamespaceStem>& namespaces);

}  // namespace cimvisor::codegen

#endif  // CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_GENERATE_H_
