#include "service/text/mof_class_reader.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"

namespace cimvisor::text {
namespace {

constexpr uint64_t kLargestFixedArray = 65536;

// `uint16`, `ClassName ref`, `object` or `ClassName` (an embedded instance, as WMI writes it), with its name and `[n]`.
struct Declarator {
  cim::CimType type = cim::CimType::kString;
  std::string reference_class;
  std::string embedded_class;
  std::string name;
  MofPosition position;
};

struct ArraySuffix {
  bool is_array = false;
  uint32_t fixed_size = 0;
};

absl::StatusOr<Declarator> ReadDeclarator(MofReader* reader, absl::string_view what) {
  Declarator result;
  result.position = reader->current().position;
  ASSIGN_OR_RETURN(std::string type, reader->ReadName(what));
  ASSIGN_OR_RETURN(bool is_reference, reader->TakeKeyword("ref"));
  absl::StatusOr<cim::CimType> intrinsic = cim::CimTypeFromName(type);
  if (is_reference) {
    result.type = cim::CimType::kReference;
    if (!absl::EqualsIgnoreCase(type, "object")) result.reference_class = type;
  } else if (intrinsic.ok() && *intrinsic != cim::CimType::kReference) {
    result.type = *intrinsic;
  } else {
    result.type = cim::CimType::kObject;
    result.embedded_class = type;
  }
  ASSIGN_OR_RETURN(result.name, reader->ReadName("a name after the type"));
  return result;
}

absl::StatusOr<ArraySuffix> ReadArraySuffix(MofReader* reader) {
  ArraySuffix result;
  ASSIGN_OR_RETURN(result.is_array, reader->Take('['));
  if (!result.is_array || reader->IsPunctuation(']')) {
    if (result.is_array) RETURN_IF_ERROR(reader->Expect(']'));
    return result;
  }
  const MofToken& size = reader->current();
  if (size.kind != MofToken::Kind::kLiteral || size.value.type() != cim::CimType::kUint64 ||
      size.value.unsigned_value() == 0 || size.value.unsigned_value() > kLargestFixedArray) {
    return reader->Expected(absl::StrCat("']' or a number of elements from 1 to ", kLargestFixedArray));
  }
  result.fixed_size = static_cast<uint32_t>(size.value.unsigned_value());
  RETURN_IF_ERROR(reader->Advance());
  RETURN_IF_ERROR(reader->Expect(']'));
  return result;
}

absl::StatusOr<cim::Parameter> ReadParameter(MofReader* reader) {
  cim::Parameter parameter;
  ASSIGN_OR_RETURN(parameter.qualifiers, reader->ReadQualifierList());
  ASSIGN_OR_RETURN(Declarator declarator, ReadDeclarator(reader, "the type of a parameter"));
  ASSIGN_OR_RETURN(ArraySuffix array, ReadArraySuffix(reader));
  parameter.name = std::move(declarator.name);
  parameter.type = declarator.type;
  parameter.is_array = array.is_array;
  parameter.reference_class = std::move(declarator.reference_class);
  parameter.embedded_class = std::move(declarator.embedded_class);
  return parameter;
}

// After the name, the current token being '('.
absl::StatusOr<cim::Method> ReadMethod(MofReader* reader, Declarator declarator,
                                       std::vector<cim::Qualifier> qualifiers) {
  if (declarator.type == cim::CimType::kObject || declarator.type == cim::CimType::kReference) {
    return reader->ErrorAt(declarator.position,
                           absl::StrCat("expected an intrinsic type as what the method ", declarator.name, " returns"));
  }
  cim::Method method;
  method.name = std::move(declarator.name);
  method.return_type = declarator.type;
  method.qualifiers = std::move(qualifiers);
  RETURN_IF_ERROR(reader->Expect('('));
  while (!reader->IsPunctuation(')')) {
    if (!method.parameters.empty()) RETURN_IF_ERROR(reader->Expect(','));
    ASSIGN_OR_RETURN(cim::Parameter parameter, ReadParameter(reader));
    method.parameters.push_back(std::move(parameter));
  }
  RETURN_IF_ERROR(reader->Expect(')'));
  return method;
}

absl::StatusOr<cim::Property> ReadProperty(MofReader* reader, Declarator declarator,
                                           std::vector<cim::Qualifier> qualifiers) {
  cim::Property property;
  ASSIGN_OR_RETURN(ArraySuffix array, ReadArraySuffix(reader));
  property.name = std::move(declarator.name);
  property.type = declarator.type;
  property.is_array = array.is_array;
  property.fixed_array_size = array.fixed_size;
  property.reference_class = std::move(declarator.reference_class);
  property.embedded_class = std::move(declarator.embedded_class);
  property.qualifiers = std::move(qualifiers);
  property.default_value = cim::Value::Null(property.type, property.is_array);
  ASSIGN_OR_RETURN(bool has_default, reader->Take('='));
  if (has_default) {
    ASSIGN_OR_RETURN(property.default_value,
                     reader->ReadTypedValue(property.type, property.is_array,
                                            absl::StrCat("the default of property ", property.name)));
  }
  return property;
}

absl::Status ReadFeature(MofReader* reader, cim::ClassDeclaration* declaration) {
  ASSIGN_OR_RETURN(std::vector<cim::Qualifier> qualifiers, reader->ReadQualifierList());
  ASSIGN_OR_RETURN(Declarator declarator, ReadDeclarator(reader, "a property, a method or '}'"));
  if (reader->IsPunctuation('(')) {
    ASSIGN_OR_RETURN(cim::Method method, ReadMethod(reader, std::move(declarator), std::move(qualifiers)));
    declaration->methods.push_back(std::move(method));
  } else {
    ASSIGN_OR_RETURN(cim::Property property, ReadProperty(reader, std::move(declarator), std::move(qualifiers)));
    declaration->properties.push_back(std::move(property));
  }
  return reader->Expect(';');
}

absl::Status ReadScope(MofReader* reader, QualifierDeclaration* declaration) {
  RETURN_IF_ERROR(reader->Expect('('));
  while (!reader->IsPunctuation(')')) {
    if (!declaration->scopes.empty()) RETURN_IF_ERROR(reader->Expect(','));
    ASSIGN_OR_RETURN(std::string scope, reader->ReadName("a kind of element, such as 'class' or 'any'"));
    declaration->scopes.push_back(std::move(scope));
  }
  return reader->Expect(')');
}

absl::Status ReadDefaultFlavors(MofReader* reader, QualifierDeclaration* declaration) {
  RETURN_IF_ERROR(reader->Expect('('));
  bool more = true;
  while (more) {
    RETURN_IF_ERROR(reader->ReadFlavor(declaration));
    ASSIGN_OR_RETURN(more, reader->Take(','));
  }
  return reader->Expect(')');
}

}  // namespace

absl::StatusOr<cim::ClassDeclaration> ReadClass(MofReader* reader, std::vector<cim::Qualifier> qualifiers) {
  cim::ClassDeclaration declaration;
  declaration.file = std::string(reader->file());
  declaration.line = reader->current().position.line;
  declaration.qualifiers = std::move(qualifiers);
  RETURN_IF_ERROR(reader->Advance());
  ASSIGN_OR_RETURN(declaration.name, reader->ReadName("the name of a class"));
  ASSIGN_OR_RETURN(std::string alias, reader->ReadOptionalAlias());
  ASSIGN_OR_RETURN(bool has_superclass, reader->Take(':'));
  if (has_superclass) {
    ASSIGN_OR_RETURN(declaration.superclass, reader->ReadName("the name of the superclass"));
  }
  RETURN_IF_ERROR(reader->Expect('{'));
  while (!reader->IsPunctuation('}')) RETURN_IF_ERROR(ReadFeature(reader, &declaration));
  RETURN_IF_ERROR(reader->Expect('}'));
  RETURN_IF_ERROR(reader->Expect(';'));
  return declaration;
}

absl::StatusOr<QualifierDeclaration> ReadQualifierDeclaration(MofReader* reader) {
  QualifierDeclaration declaration;
  RETURN_IF_ERROR(reader->Advance());
  ASSIGN_OR_RETURN(declaration.name, reader->ReadName("the name of a qualifier"));
  RETURN_IF_ERROR(reader->Expect(':'));
  MofPosition position = reader->current().position;
  ASSIGN_OR_RETURN(std::string type, reader->ReadName("the type of the qualifier"));
  absl::StatusOr<cim::CimType> intrinsic = cim::CimTypeFromName(type);
  if (!intrinsic.ok()) return reader->ErrorAt(position, intrinsic.status().message());
  declaration.type = *intrinsic;
  ASSIGN_OR_RETURN(ArraySuffix array, ReadArraySuffix(reader));
  declaration.is_array = array.is_array;
  declaration.default_value = cim::Value::Null(declaration.type, declaration.is_array);
  ASSIGN_OR_RETURN(bool has_default, reader->Take('='));
  if (has_default) {
    ASSIGN_OR_RETURN(declaration.default_value,
                     reader->ReadTypedValue(declaration.type, declaration.is_array,
                                            absl::StrCat("the default of qualifier ", declaration.name)));
  }
  while (reader->IsPunctuation(',')) {
    RETURN_IF_ERROR(reader->Advance());
    ASSIGN_OR_RETURN(bool is_scope, reader->TakeKeyword("scope"));
    ASSIGN_OR_RETURN(bool is_flavor, reader->TakeKeyword("flavor"));
    if (is_scope) {
      RETURN_IF_ERROR(ReadScope(reader, &declaration));
    } else if (is_flavor) {
      RETURN_IF_ERROR(ReadDefaultFlavors(reader, &declaration));
    } else {
      return reader->Expected("'Scope' or 'Flavor'");
    }
  }
  RETURN_IF_ERROR(reader->Expect(';'));
  return declaration;
}

}  // namespace cimvisor::text
