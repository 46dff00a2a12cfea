#include "service/cim/class_resolver.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::cim {
namespace {

// Abstract is restricted to the class that declares it (DSP0004 §5.6.3.1), whatever flavor was written.
bool Propagates(const Qualifier& qualifier) {
  return qualifier.to_subclass && !absl::EqualsIgnoreCase(qualifier.name, "Abstract");
}

// The declared qualifiers, then those of the superclass's element that are not declared anew.
absl::StatusOr<std::vector<Qualifier>> MergeQualifiers(const ClassDeclaration& declaration, absl::string_view element,
                                                       std::vector<Qualifier> declared,
                                                       const std::vector<Qualifier>& inherited) {
  for (const Qualifier& base : inherited) {
    if (!Propagates(base)) continue;
    const Qualifier* own = FindQualifier(declared, base.name);
    if (own == nullptr) {
      declared.push_back(base);
    } else if (!base.overridable && own->value != base.value) {
      return DeclarationError(declaration, absl::StrCat(element, ": the qualifier ", base.name,
                                                        " has the flavor DisableOverride and is given another value"));
    }
  }
  return declared;
}

std::string EmbeddedClass(const std::vector<Qualifier>& qualifiers, const std::string& otherwise) {
  const Qualifier* embedded = FindQualifier(qualifiers, "EmbeddedInstance");
  bool has_name = embedded != nullptr && embedded->value.type() == CimType::kString && !embedded->value.is_null() &&
                  !embedded->value.is_array();
  return has_name ? embedded->value.string() : otherwise;
}

void DeriveFromQualifiers(Property* property) {
  const Qualifier* read = FindQualifier(property->qualifiers, "Read");
  property->is_key = HasTrueQualifier(property->qualifiers, "Key");
  property->is_read = read == nullptr || HasTrueQualifier(property->qualifiers, "Read");
  property->is_write = HasTrueQualifier(property->qualifiers, "Write");
  property->is_volatile = HasTrueQualifier(property->qualifiers, "Cimvisor_Volatile");
  property->embedded_class = EmbeddedClass(property->qualifiers, property->embedded_class);
}

void DeriveFromQualifiers(Method* method) {
  method->is_static = HasTrueQualifier(method->qualifiers, "Static");
  for (Parameter& parameter : method->parameters) {
    parameter.is_out = HasTrueQualifier(parameter.qualifiers, "Out");
    const Qualifier* in = FindQualifier(parameter.qualifiers, "In");
    parameter.is_in = in == nullptr ? !parameter.is_out : HasTrueQualifier(parameter.qualifiers, "In");
    parameter.embedded_class = EmbeddedClass(parameter.qualifiers, parameter.embedded_class);
  }
}

template <typename Members>
int IndexOf(const Members& members, absl::string_view name) {
  for (size_t i = 0; i < members.size(); ++i) {
    if (absl::EqualsIgnoreCase(members[i].name, name)) return static_cast<int>(i);
  }
  return -1;
}

absl::StatusOr<Property> OverrideProperty(const ClassDeclaration& declaration, Property own, const Property& base) {
  if (own.type != base.type || own.is_array != base.is_array) {
    return DeclarationError(
        declaration, absl::StrCat("property ", own.name, " is ", CimTypeName(own.type), own.is_array ? "[]" : "",
                                  " and overrides one of type ", CimTypeName(base.type), base.is_array ? "[]" : "",
                                  " of ", base.origin_class));
  }
  ASSIGN_OR_RETURN(own.qualifiers, MergeQualifiers(declaration, absl::StrCat("property ", own.name),
                                                   std::move(own.qualifiers), base.qualifiers));
  own.name = base.name;
  own.origin_class = base.origin_class;
  if (own.default_value.is_null()) own.default_value = base.default_value;
  if (own.embedded_class.empty()) own.embedded_class = base.embedded_class;
  return own;
}

absl::StatusOr<Method> OverrideMethod(const ClassDeclaration& declaration, Method own, const Method& base) {
  std::string element = absl::StrCat("method ", own.name);
  if (own.return_type != base.return_type) {
    return DeclarationError(declaration,
                            absl::StrCat(element, " returns ", CimTypeName(own.return_type), " and overrides one of ",
                                         base.origin_class, " that returns ", CimTypeName(base.return_type)));
  }
  ASSIGN_OR_RETURN(own.qualifiers, MergeQualifiers(declaration, element, std::move(own.qualifiers), base.qualifiers));
  for (Parameter& parameter : own.parameters) {
    int index = IndexOf(base.parameters, parameter.name);
    if (index < 0) continue;
    ASSIGN_OR_RETURN(
        parameter.qualifiers,
        MergeQualifiers(declaration, absl::StrCat(element, ", parameter ", parameter.name),
                        std::move(parameter.qualifiers), base.parameters[static_cast<size_t>(index)].qualifiers));
  }
  own.name = base.name;
  own.origin_class = base.origin_class;
  return own;
}

absl::Status AddProperty(const ClassDeclaration& declaration, Property own, SharedList<Property>* properties) {
  if (own.default_value.is_null()) own.default_value = Value::Null(own.type, own.is_array);
  int slot = IndexOf(*properties, own.name);
  if (slot < 0) {
    own.origin_class = declaration.name;
    DeriveFromQualifiers(&own);
    properties->Add(std::move(own));
    return absl::OkStatus();
  }
  const auto place = static_cast<size_t>(slot);
  ASSIGN_OR_RETURN(own, OverrideProperty(declaration, std::move(own), (*properties)[place]));
  DeriveFromQualifiers(&own);
  properties->Replace(place, std::move(own));
  return absl::OkStatus();
}

absl::Status AddMethod(const ClassDeclaration& declaration, Method own, SharedList<Method>* methods) {
  for (size_t i = 0; i < own.parameters.size(); ++i) {
    if (IndexOf(own.parameters, own.parameters[i].name) != static_cast<int>(i)) {
      return DeclarationError(
          declaration, absl::StrCat("method ", own.name, " declares the parameter ", own.parameters[i].name, " twice"));
    }
  }
  int index = IndexOf(*methods, own.name);
  if (index < 0) {
    own.origin_class = declaration.name;
    DeriveFromQualifiers(&own);
    methods->Add(std::move(own));
    return absl::OkStatus();
  }
  const auto place = static_cast<size_t>(index);
  ASSIGN_OR_RETURN(own, OverrideMethod(declaration, std::move(own), (*methods)[place]));
  DeriveFromQualifiers(&own);
  methods->Replace(place, std::move(own));
  return absl::OkStatus();
}

template <typename Member>
absl::Status CheckDeclaredOnce(const ClassDeclaration& declaration, const std::vector<Member>& members,
                               absl::string_view kind) {
  absl::flat_hash_map<std::string, bool> seen;
  for (const Member& member : members) {
    if (!seen.emplace(absl::AsciiStrToLower(member.name), true).second) {
      return DeclarationError(declaration, absl::StrCat("the ", kind, " ", member.name, " is declared twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool HasTrueQualifier(const std::vector<Qualifier>& qualifiers, absl::string_view name) {
  const Qualifier* qualifier = FindQualifier(qualifiers, name);
  return qualifier != nullptr && qualifier->value.type() == CimType::kBoolean && !qualifier->value.is_null() &&
         !qualifier->value.is_array() && qualifier->value.boolean();
}

absl::Status DeclarationError(const ClassDeclaration& declaration, absl::string_view what) {
  return CimError(CimStatus::kInvalidParameter,
                  absl::StrCat(declaration.file, ":", declaration.line, ": class ", declaration.name, ": ", what));
}

absl::StatusOr<ResolvedMembers> ResolveMembers(const ClassDeclaration& declaration, const Class* superclass) {
  RETURN_IF_ERROR(CheckDeclaredOnce(declaration, declaration.properties, "property"));
  RETURN_IF_ERROR(CheckDeclaredOnce(declaration, declaration.methods, "method"));
  ResolvedMembers members;
  members.qualifiers = declaration.qualifiers;
  if (superclass != nullptr) {
    members.properties = superclass->properties();
    members.methods = superclass->methods();
    ASSIGN_OR_RETURN(members.qualifiers, MergeQualifiers(declaration, "the class", std::move(members.qualifiers),
                                                         superclass->qualifiers()));
  }
  for (const Property& property : declaration.properties) {
    RETURN_IF_ERROR(AddProperty(declaration, property, &members.properties));
  }
  for (const Method& method : declaration.methods) {
    RETURN_IF_ERROR(AddMethod(declaration, method, &members.methods));
  }
  members.properties.Shrink();
  members.methods.Shrink();
  return members;
}

}  // namespace cimvisor::cim
