#include "providers/codegen/schema_files.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/cim/status_macros.h"
#include "service/text/mof_parser.h"

namespace cimvisor::schema {
namespace {

const SchemaFile* FindFile(const std::vector<SchemaFile>& files, absl::string_view path) {
  for (const SchemaFile& file : files) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

// Paths in #pragma include are relative to the folder of the file that they stand in.
class FileResolver : public text::IncludeResolver {
 public:
  explicit FileResolver(const std::vector<SchemaFile>& files) : files_(files) {}

  absl::StatusOr<text::MofSource> Resolve(absl::string_view including_file, absl::string_view path) override {
    size_t slash = including_file.rfind('/');
    absl::string_view folder = slash == absl::string_view::npos ? "" : including_file.substr(0, slash + 1);
    std::string full = absl::StrCat(folder, path);
    const SchemaFile* file = FindFile(files_, full);
    if (file == nullptr) return absl::NotFoundError(absl::StrCat("there is no file ", full, " in the schema"));
    return text::MofSource{full, std::string(file->text)};
  }

 private:
  const std::vector<SchemaFile>& files_;
};

// Marks `Class.Property` in every namespace that declares it; false when none does.
bool MarkVolatile(absl::string_view class_name, absl::string_view property_name,
                  std::vector<cim::ClassDeclaration>* classes) {
  bool is_found = false;
  for (cim::ClassDeclaration& declaration : *classes) {
    if (!absl::EqualsIgnoreCase(declaration.name, class_name)) continue;
    for (cim::Property& property : declaration.properties) {
      if (!absl::EqualsIgnoreCase(property.name, property_name)) continue;
      property.qualifiers.push_back({"Cimvisor_Volatile", cim::Value::Boolean(true)});
      is_found = true;
    }
  }
  return is_found;
}

absl::Status MarkVolatileProperties(absl::string_view text, std::vector<cim::ClassDeclaration>* classes) {
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    std::pair<absl::string_view, absl::string_view> names = absl::StrSplit(line, absl::MaxSplits('.', 1));
    if (!MarkVolatile(names.first, names.second, classes)) {
      return absl::InvalidArgumentError(absl::StrCat(kVolatileFile, ":", number, ": no class declares the property ",
                                                     line, " itself; name the class that does"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status LoadSchemaFiles(const std::vector<SchemaFile>& files, cim::ClassRepository* repository) {
  const SchemaFile* index = FindFile(files, kIndexFile);
  const SchemaFile* volatile_properties = FindFile(files, kVolatileFile);
  if (index == nullptr || volatile_properties == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("the schema lacks ", kIndexFile, " or ", kVolatileFile));
  }
  FileResolver resolver(files);
  ASSIGN_OR_RETURN(text::MofDocument document,
                   text::ParseMof({std::string(index->path), std::string(index->text)}, "root", &resolver));
  RETURN_IF_ERROR(MarkVolatileProperties(volatile_properties->text, &document.classes));
  return repository->Add(std::move(document.classes));
}

}  // namespace cimvisor::schema
