// cimvisor_schema_generator SCHEMA_DIR OUTPUT_DIR NAMESPACE=STEM…: MOF to typed C++, at build time.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "providers/codegen/generator/generate.h"
#include "service/cim/status_macros.h"

namespace cimvisor::codegen {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream.good() && !stream.eof()) return absl::InternalError(absl::StrCat("cannot read ", path.string()));
  return text;
}

// Every *.mof below the folder, and the two side files, by path from the folder.
absl::StatusOr<std::map<std::string, std::string>> ReadSchema(const fs::path& folder) {
  std::map<std::string, std::string> texts;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, error)) {
    std::string path = entry.path().lexically_relative(folder).generic_string();
    bool is_side_file = path == schema::kVolatileFile || path == "permissions.txt";
    if (!entry.is_regular_file() || !(entry.path().extension() == ".mof" || is_side_file)) continue;
    ASSIGN_OR_RETURN(texts[path], ReadFile(entry.path()));
  }
  if (error) return absl::NotFoundError(absl::StrCat("cannot list ", folder.string(), ": ", error.message()));
  return texts;
}

// A file that is already so is not touched, so that what includes it is not compiled again.
absl::Status WriteIfChanged(const fs::path& path, const std::string& text) {
  std::error_code error;
  if (fs::exists(path, error)) {
    ASSIGN_OR_RETURN(std::string old, ReadFile(path));
    if (old == text) return absl::OkStatus();
  }
  fs::create_directories(path.parent_path(), error);
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  return stream ? absl::OkStatus() : absl::InternalError(absl::StrCat("cannot write ", path.string()));
}

absl::Status Run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 3) {
    return absl::InvalidArgumentError("usage: cimvisor_schema_generator SCHEMA_DIR OUTPUT_DIR NAMESPACE=STEM…");
  }
  std::vector<NamespaceStem> namespaces;
  for (size_t i = 2; i < arguments.size(); ++i) {
    namespaces.push_back(absl::StrSplit(arguments[i], absl::MaxSplits('=', 1)));
  }
  using Texts = std::map<std::string, std::string>;
  ASSIGN_OR_RETURN(Texts texts, ReadSchema(arguments[0]));
  std::vector<schema::SchemaFile> files;
  for (const auto& [path, text] : texts) files.push_back({path, text});
  ASSIGN_OR_RETURN(OutputFiles output, Generate(files, namespaces));
  for (const auto& [path, text] : output) RETURN_IF_ERROR(WriteIfChanged(fs::path(arguments[1]) / path, text));
  return absl::OkStatus();
}

}  // namespace
}  // namespace cimvisor::codegen

int main(int argc, char** argv) {
  absl::Status status = cimvisor::codegen::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (status.ok()) return 0;
  std::fprintf(stderr, "cimvisor_schema_generator: %s\n", std::string(status.message()).c_str());
  return 1;
}
