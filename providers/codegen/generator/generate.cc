#include "providers/codegen/generator/generate.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "providers/codegen/permissions.h"
#include "service/cim/status_macros.h"

namespace cimvisor::codegen {
namespace {

constexpr char kDelimiter[] = "schema_file";

// The longest raw string that every compiler takes; longer texts are joined from several.
constexpr size_t kLongestLiteral = 16000;

absl::StatusOr<std::string> RawLiteral(const schema::SchemaFile& file) {
  if (absl::StrContains(file.text, absl::StrCat(")", kDelimiter, "\""))) {
    return absl::InvalidArgumentError(absl::StrCat(file.path, " contains the delimiter of the raw string"));
  }
  std::string literal;
  for (size_t start = 0; start == 0 || start < file.text.size(); start += kLongestLiteral) {
    absl::StrAppend(&literal, "R\"", kDelimiter, "(", file.text.substr(start, kLongestLiteral), ")", kDelimiter, "\" ");
  }
  return literal;
}

absl::StatusOr<std::string> SchemaText(const std::vector<schema::SchemaFile>& files) {
  std::string text =
      "// Generated from providers/schema by cimvisor_schema_generator; do not edit.\n"
      "#include \"providers/codegen/schema_files.h\"\n\n"
      "namespace cimvisor::schema {\n\nstd::vector<SchemaFile> EmbeddedSchemaFiles() {\n  return {\n";
  for (const schema::SchemaFile& file : files) {
    ASSIGN_OR_RETURN(std::string literal, RawLiteral(file));
    absl::StrAppend(&text, "{\"", file.path, "\",\n", literal, "},\n");
  }
  return absl::StrCat(text, "  };\n}\n\n}  // namespace cimvisor::schema\n");
}

std::string AccessText(const schema::PermissionTable& permissions, const cim::ClassRepository& repository) {
  std::string text;
  for (const schema::AccessRow& row : schema::AccessTable(permissions, repository)) {
    absl::StrAppend(&text, row.name_space, "\t", row.class_name, "\t", row.method.empty() ? "-" : row.method, "\t",
                    row.is_static ? "static" : "instance", "\t", row.permission->operation, "\t",
                    schema::RightName(row.permission->right), "\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<OutputFiles> Generate(const std::vector<schema::SchemaFile>& files,
                                     const std::vector<NamespaceStem>& namespaces) {
  cim::ClassRepository repository;
  RETURN_IF_ERROR(schema::LoadSchemaFiles(files, &repository));
  absl::string_view permissions_text;
  for (const schema::SchemaFile& file : files) {
    if (file.path == schema::kPermissionsFile) permissions_text = file.text;
  }
  ASSIGN_OR_RETURN(schema::PermissionTable permissions, schema::PermissionTable::Parse(permissions_text));
  RETURN_IF_ERROR(permissions.Check(repository));
  OutputFiles output;
  for (const auto& [name_space, stem] : namespaces) {
    ASSIGN_OR_RETURN(OutputFiles areas, WriteAreas(repository, name_space, stem));
    output.merge(areas);
  }
  ASSIGN_OR_RETURN(output["schema_text.cc"], SchemaText(files));
  output["access_table.txt"] = AccessText(permissions, repository);
  return output;
}

}  // namespace cimvisor::codegen
