#include "providers/codegen/schema.h"

#include "providers/codegen/permissions.h"
#include "providers/codegen/schema_files.h"

namespace cimvisor::schema {

absl::Status LoadSchema(cim::ClassRepository* repository) { return LoadSchemaFiles(EmbeddedSchemaFiles(), repository); }

absl::StatusOr<PermissionTable> LoadPermissions() {
  for (const SchemaFile& file : EmbeddedSchemaFiles()) {
    if (file.path == kPermissionsFile) return PermissionTable::Parse(file.text);
  }
  return absl::InternalError("the embedded schema has no permissions.txt");
}

}  // namespace cimvisor::schema
