#include "providers/codegen/generator/area_writer.h"

#include <memory>
#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "providers/codegen/generator/names.h"
#include "providers/codegen/generator/wrapper_writer.h"
#include "service/cim/status_macros.h"

namespace cimvisor::codegen {
namespace {

constexpr char kBanner[] = "// Generated from providers/schema by cimvisor_schema_generator; do not edit.\n";

struct Area {
  std::vector<std::shared_ptr<const cim::Class>> classes;  // superclasses first
  std::set<std::string> needs;                             // the areas of their superclasses, without itself
};

// "virtualization_v2/jobs/Msvm_Error.mof" -> "jobs"; "virtualization_v2/cimvisor.mof", "cimvisor.mof" -> "cimvisor".
std::string AreaOf(const cim::Class& cls) {
  std::vector<std::string> parts = absl::StrSplit(cls.declaration().file, '/');
  std::string area = parts.size() > 2 ? parts[parts.size() - 2] : parts.back();
  return std::string(absl::StripSuffix(area, ".mof"));
}

absl::Status CheckNoCircle(const std::map<std::string, Area>& areas, const std::string& area,
                           std::vector<std::string>* trail) {
  for (const std::string& seen : *trail) {
    if (seen == area) {
      return absl::InvalidArgumentError(
          absl::StrCat("the schema's area ", area, " needs itself through ", trail->back(),
                       ": a class there has a superclass here; move one of the classes to another area"));
    }
  }
  trail->push_back(area);
  for (const std::string& needed : areas.at(area).needs) RETURN_IF_ERROR(CheckNoCircle(areas, needed, trail));
  trail->pop_back();
  return absl::OkStatus();
}

std::string Opening(absl::string_view path, absl::string_view what) {
  std::string guard = absl::StrCat("CIMVISOR_GENERATED_", GuardName(path), "_");
  return absl::StrCat(kBanner, "// ", what, "\n#ifndef ", guard, "\n#define ", guard, "\n\n");
}

std::string Closing(absl::string_view path) {
  return absl::StrCat("\n#endif  // CIMVISOR_GENERATED_", GuardName(path), "_\n");
}

absl::StatusOr<std::string> AreaText(const std::string& path, const std::string& stem, const std::string& area_name,
                                     const Area& area, absl::string_view name_space) {
  std::string cpp_namespace = absl::StrCat("cimvisor::", absl::StrReplaceAll(stem, {{"_", "::"}}));
  std::string text = Opening(path, absl::StrCat("Classes of ", name_space, ", area ", area_name, "."));
  absl::StrAppend(&text,
                  "#include <cstdint>\n#include <optional>\n#include <string>\n#include <utility>\n"
                  "#include <vector>\n\n#include \"providers/codegen/typed_instance.h\"\n");
  for (const std::string& needed : area.needs) {
    absl::StrAppend(&text, "#include \"providers/schema/", stem, "/", needed, ".h\"\n");
  }
  absl::StrAppend(&text, "\nnamespace ", cpp_namespace, " {\n");
  for (const std::shared_ptr<const cim::Class>& cls : area.classes) {
    ASSIGN_OR_RETURN(std::string wrapper, WrapperText(*cls));
    absl::StrAppend(&text, "\n", wrapper);
  }
  return absl::StrCat(text, "\n}  // namespace ", cpp_namespace, "\n", Closing(path));
}

}  // namespace

absl::StatusOr<OutputFiles> WriteAreas(const cim::ClassRepository& repository, absl::string_view name_space,
                                       absl::string_view stem_view) {
  std::string stem(stem_view);
  std::map<std::string, Area> areas;
  for (const std::shared_ptr<const cim::Class>& cls : repository.Classes(name_space)) {
    std::string name = AreaOf(*cls);
    Area& area = areas[name];
    area.classes.push_back(cls);
    if (cls->superclass() != nullptr && AreaOf(*cls->superclass()) != name)
      area.needs.insert(AreaOf(*cls->superclass()));
  }
  if (areas.empty()) return absl::InvalidArgumentError(absl::StrCat("the schema has no namespace ", name_space));
  OutputFiles files;
  std::string umbrella_path = absl::StrCat("providers/schema/", stem, ".h");
  std::string umbrella = Opening(umbrella_path, absl::StrCat("Every class of ", name_space, "."));
  for (const auto& [name, area] : areas) {
    std::vector<std::string> trail;
    RETURN_IF_ERROR(CheckNoCircle(areas, name, &trail));
    std::string path = absl::StrCat("providers/schema/", stem, "/", name, ".h");
    ASSIGN_OR_RETURN(files[path], AreaText(path, stem, name, area, name_space));
    absl::StrAppend(&umbrella, "#include \"", path, "\"  // IWYU pragma: export\n");
  }
  files[umbrella_path] = absl::StrCat(umbrella, Closing(umbrella_path));
  return files;
}

}  // namespace cimvisor::codegen
