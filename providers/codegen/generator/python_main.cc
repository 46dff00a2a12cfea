// cimvisor_python_generator OUTPUT_DIR: the schema's classes as typed Python, a module for each namespace.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "providers/codegen/generator/python_writer.h"
#include "providers/codegen/schema_files.h"
#include "service/cim/status_macros.h"

namespace cimvisor::codegen {
namespace {

absl::Status WriteFile(const std::filesystem::path& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  return stream ? absl::OkStatus() : absl::InternalError(absl::StrCat("cannot write ", path.string()));
}

absl::Status Run(const std::filesystem::path& folder) {
  cim::ClassRepository repository;
  RETURN_IF_ERROR(schema::LoadSchemaFiles(schema::EmbeddedSchemaFiles(), &repository));
  std::filesystem::create_directories(folder);
  for (const std::string& name_space : repository.Namespaces()) {
    RETURN_IF_ERROR(WriteFile(folder / (PythonModuleName(name_space) + ".py"), PythonModule(repository, name_space)));
  }
  return WriteFile(folder / "__init__.py",
                   "\"\"\"Typed classes, a module for each namespace, from the schema.\"\"\"\n");
}

}  // namespace
}  // namespace cimvisor::codegen

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: cimvisor_python_generator OUTPUT_DIR\n");
    return 2;
  }
  const absl::Status status = cimvisor::codegen::Run(argv[1]);
  if (status.ok()) return 0;
  std::fprintf(stderr, "cimvisor_python_generator: %s\n", std::string(status.message()).c_str());
  return 1;
}
