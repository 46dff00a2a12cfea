// The schema as files: what the generator reads from providers/schema and embeds, and what the service loads again.
#ifndef CIMVISOR_PROVIDERS_CODEGEN_SCHEMA_FILES_H_
#define CIMVISOR_PROVIDERS_CODEGEN_SCHEMA_FILES_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"

namespace cimvisor::schema {

inline constexpr char kIndexFile[] = "index.mof";
inline constexpr char kVolatileFile[] = "volatile.txt";

struct SchemaFile {
  absl::string_view path;  // from providers/schema: "virtualization_v2/system/Msvm_ComputerSystem.mof"
  absl::string_view text;
};

// Parses index.mof and everything that it includes, marks the properties that volatile.txt names with the qualifier
// Cimvisor_Volatile, and adds the classes to `repository`. Errors name the file and the line.
absl::Status LoadSchemaFiles(const std::vector<SchemaFile>& files, cim::ClassRepository* repository);

// The files that the build embedded.
std::vector<SchemaFile> EmbeddedSchemaFiles();

}  // namespace cimvisor::schema

#endif  // CIMVISOR_PROVIDERS_CODEGEN_SCHEMA_FILES_H_
