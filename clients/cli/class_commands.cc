// class list, class show.
#include <iostream>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/commands.h"
#include "clients/cli/output.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::cli {
namespace {

using cimvisor::v1::ClassDeclaration;
using client::Client;

std::string TypeText(cimvisor::v1::CimType type, bool is_array, const std::string& of_class) {
  std::string name = cimvisor::v1::CimType_Name(type).substr(std::string("CIM_TYPE_").size());
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!of_class.empty()) absl::StrAppend(&name, " ", of_class);
  return is_array ? name + "[]" : name;
}

absl::Status ListClasses(const Session& session, const std::string& superclass) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  ASSIGN_OR_RETURN(const std::vector<ClassDeclaration> classes, client->EnumerateClasses(superclass));
  if (session.format() == OutputFormat::kJson) {
    auto all = nlohmann::ordered_json::array();
    for (const ClassDeclaration& each : classes) {
      all.push_back({{"Name", each.name()},
                     {"Superclass", each.superclass()},
                     {"Abstract", each.is_abstract()},
                     {"Association", each.is_association()}});
    }
    std::cout << all.dump(2) << "\n";
    return absl::OkStatus();
  }
  std::vector<std::vector<std::string>> rows;
  for (const ClassDeclaration& each : classes) {
    rows.push_back({each.name(), each.superclass(),
                    each.is_association() ? "association" : (each.is_abstract() ? "abstract" : "")});
  }
  PrintTable(std::cout, {"Class", "Superclass", "Kind"}, rows);
  return absl::OkStatus();
}

nlohmann::ordered_json ClassJson(const ClassDeclaration& declaration) {
  nlohmann::ordered_json result = {
      {"Name", declaration.name()}, {"Superclass", declaration.superclass()}, {"Namespace", declaration.name_space()}};
  result["Properties"] = nlohmann::ordered_json::array();
  for (const auto& property : declaration.properties()) {
    result["Properties"].push_back(
        {{"Name", property.name()},
         {"Type", TypeText(property.type(), property.is_array(), property.reference_class())},
         {"Key", property.is_key()},
         {"Write", property.is_write()},
         {"Origin", property.origin_class()}});
  }
  result["Methods"] = nlohmann::ordered_json::array();
  for (const auto& method : declaration.methods()) {
    auto parameters = nlohmann::ordered_json::array();
    for (const auto& parameter : method.parameters()) {
      parameters.push_back({{"Name", parameter.name()},
                            {"Type", TypeText(parameter.type(), parameter.is_array(), parameter.reference_class())},
                            {"In", parameter.is_in()},
                            {"Out", parameter.is_out()}});
    }
    result["Methods"].push_back({{"Name", method.name()}, {"Parameters", parameters}});
  }
  return result;
}

void PrintClass(const ClassDeclaration& declaration) {
  std::cout << declaration.name();
  if (!declaration.superclass().empty()) std::cout << " : " << declaration.superclass();
  std::cout << "\n\n";
  std::vector<std::vector<std::string>> rows;
  for (const auto& property : declaration.properties()) {
    std::vector<std::string> marks;
    if (property.is_key()) marks.push_back("key");
    if (property.is_write()) marks.push_back("write");
    if (property.is_volatile()) marks.push_back("volatile");
    rows.push_back({property.name(), TypeText(property.type(), property.is_array(), property.reference_class()),
                    absl::StrJoin(marks, ", "), property.origin_class()});
  }
  PrintTable(std::cout, {"Property", "Type", "", "From"}, rows);
  if (declaration.methods().empty()) return;
  std::cout << "\n";
  rows.clear();
  for (const auto& method : declaration.methods()) {
    std::vector<std::string> parameters;
    for (const auto& parameter : method.parameters()) {
      parameters.push_back(absl::StrCat(parameter.is_out() ? "out " : "", parameter.name()));
    }
    rows.push_back({method.name(), absl::StrJoin(parameters, ", "), method.is_implemented() ? "" : "not implemented"});
  }
  PrintTable(std::cout, {"Method", "Parameters", ""}, rows);
}

absl::Status ShowClass(const Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.Connect());
  const bool as_mof = session.format() == OutputFormat::kMof;
  ASSIGN_OR_RETURN(const ClassDeclaration declaration, client->GetClass(name, as_mof));
  if (as_mof) {
    std::cout << declaration.mof() << "\n";
  } else if (session.format() == OutputFormat::kJson) {
    std::cout << ClassJson(declaration).dump(2) << "\n";
  } else {
    PrintClass(declaration);
  }
  return absl::OkStatus();
}

}  // namespace

void AddClassCommands(CLI::App& app, const Session& session, CommandBody& chosen) {
  CLI::App* classes = app.add_subcommand("class", "classes of the namespace");
  classes->require_subcommand(1);
  classes->fallthrough();
  CLI::App* list = classes->add_subcommand("list", "all classes, or the subclasses of one");
  auto superclass = std::make_shared<std::string>();
  list->add_option("superclass", *superclass, "only its subclasses");
  OnChosen(list, chosen, [&session, superclass] { return ListClasses(session, *superclass); });
  CLI::App* show = classes->add_subcommand("show", "one class: its properties and methods");
  auto name = std::make_shared<std::string>();
  show->add_option("class", *name, "such as Msvm_ComputerSystem")->required();
  OnChosen(show, chosen, [&session, name] { return ShowClass(session, *name); });
}

}  // namespace cimvisor::cli
