#include "providers/codegen/generator/python_writer.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace cimvisor::codegen {
namespace {

bool IsSystem(absl::string_view name) { return absl::StartsWith(name, "__"); }

const char* ScalarType(cim::CimType type) {
  switch (type) {
    case cim::CimType::kBoolean:
      return "bool";
    case cim::CimType::kReal32:
    case cim::CimType::kReal64:
      return "float";
    case cim::CimType::kString:
      return "str";
    case cim::CimType::kDateTime:
      return "DateTime";
    case cim::CimType::kReference:
      return "ObjectPath";
    case cim::CimType::kObject:
      return "Instance";
    default:
      return "int";
  }
}

// What is read: a property or an output parameter.
template <typename Element>
std::string ReadType(const Element& element) {
  std::string type = ScalarType(element.type);
  if (element.type == cim::CimType::kString && !element.embedded_class.empty()) type = "Union[Instance, str]";
  return element.is_array ? absl::StrCat("Optional[List[", type, "]]") : absl::StrCat("Optional[", type, "]");
}

// What may be given for an input parameter: an embedded instance also as text, a reference also as plain text.
std::string GivenType(const cim::Parameter& parameter) {
  std::string type = ScalarType(parameter.type);
  if (parameter.type == cim::CimType::kObject || !parameter.embedded_class.empty()) type = "Union[Instance, str]";
  if (parameter.type == cim::CimType::kReference) type = "str";
  return parameter.is_array ? absl::StrCat("Optional[Sequence[", type, "]]") : absl::StrCat("Optional[", type, "]");
}

std::string ResultName(const cim::Class& cls, const cim::Method& method) {
  return absl::StrCat(cls.name(), "_", method.name, "_Result");
}

std::string ResultText(const cim::Class& cls, const cim::Method& method) {
  std::string text = absl::StrCat("class ", ResultName(cls, method), "(MethodResult):\n    \"\"\"What ", cls.name(),
                                  ".", method.name, " gives back.\"\"\"\n\n");
  for (const cim::Parameter& parameter : method.parameters) {
    if (parameter.is_out) absl::StrAppend(&text, "    ", parameter.name, ": ", ReadType(parameter), "\n");
  }
  return absl::StrCat(text, "\n\n");
}

std::string MethodText(const cim::Class& cls, const cim::Method& method) {
  std::string inputs;
  std::string values;
  for (const cim::Parameter& parameter : method.parameters) {
    if (!parameter.is_in) continue;
    absl::StrAppend(&inputs, ", ", parameter.name, ": ", GivenType(parameter), " = None");
    absl::StrAppend(&values, values.empty() ? "" : ", ", "\"", parameter.name, "\": ", parameter.name);
  }
  if (!inputs.empty()) inputs = absl::StrCat(", *", inputs);
  const std::string result = ResultName(cls, method);
  return absl::StrCat(method.is_static ? "    @classmethod\n" : "", "    def ", method.name,
                      method.is_static ? "(cls" : "(self", inputs, ") -> MethodCall[", result,
                      "]:\n        return MethodCall(", method.is_static ? "cls.__name__" : "self.path", ", \"",
                      method.name, "\", given({", values, "}), ", result, ")\n\n");
}

std::string ClassText(const cim::Class& cls) {
  const bool has_base = cls.superclass() != nullptr && !IsSystem(cls.superclass()->name());
  std::string results;
  std::string body;
  for (const cim::Property& declared : cls.declaration().properties) {
    if (IsSystem(declared.name)) continue;
    const cim::Property& property = cls.properties()[static_cast<size_t>(cls.FindProperty(declared.name))];
    absl::StrAppend(&body, "    ", property.name, ": ", ReadType(property), "\n");
  }
  if (!body.empty()) absl::StrAppend(&body, "\n");
  for (const cim::Method& declared : cls.declaration().methods) {
    const cim::Method& method = *cls.FindMethod(declared.name);
    absl::StrAppend(&results, ResultText(cls, method));
    absl::StrAppend(&body, MethodText(cls, method));
  }
  return absl::StrCat(results, "class ", cls.name(), "(", has_base ? cls.superclass()->name() : "Instance",
                      "):\n    \"\"\"", cls.name(), " of ", cls.name_space(), ".\"\"\"\n\n", body, "\n");
}

}  // namespace

std::string PythonModuleName(absl::string_view name_space) {
  return absl::StrReplaceAll(name_space, {{"/", "_"}, {"-", "_"}});
}

std::string PythonModule(const cim::ClassRepository& repository, absl::string_view name_space) {
  std::string text = absl::StrCat("\"\"\"The classes of ", name_space,
                                  ". Generated from providers/schema; do not edit.\"\"\"\n"
                                  "from __future__ import annotations\n\n"
                                  "from typing import List, Optional, Sequence, Union\n\n"
                                  "from cimvisor.instance import Instance\n"
                                  "from cimvisor.paths import ObjectPath\n"
                                  "from cimvisor.results import MethodCall, MethodResult, given\n"
                                  "from cimvisor.values import DateTime\n\n\n");
  for (const std::shared_ptr<const cim::Class>& cls : repository.Classes(name_space)) {
    if (!IsSystem(cls->name())) absl::StrAppend(&text, ClassText(*cls));
  }
  return text;
}

}  // namespace cimvisor::codegen
