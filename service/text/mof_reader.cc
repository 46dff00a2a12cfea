#include "service/text/mof_reader.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"

namespace cimvisor::text {

MofReader::MofReader(const MofSource& source, const MofLimits& limits, const QualifierTable& qualifiers)
    : lexer_(source.file, source.text), limits_(limits), qualifiers_(qualifiers) {}

bool MofReader::IsPunctuation(char c) const {
  return current_.kind == MofToken::Kind::kPunctuation && current_.text[0] == c;
}

bool MofReader::IsKeyword(absl::string_view keyword) const {
  return current_.kind == MofToken::Kind::kIdentifier && absl::EqualsIgnoreCase(current_.text, keyword);
}

absl::Status MofReader::Advance() {
  ASSIGN_OR_RETURN(current_, lexer_.Next());
  return absl::OkStatus();
}

absl::StatusOr<bool> MofReader::Take(char c) {
  if (!IsPunctuation(c)) return false;
  RETURN_IF_ERROR(Advance());
  return true;
}

absl::StatusOr<bool> MofReader::TakeKeyword(absl::string_view keyword) {
  if (!IsKeyword(keyword)) return false;
  RETURN_IF_ERROR(Advance());
  return true;
}

absl::Status MofReader::Expect(char c) {
  if (!IsPunctuation(c)) return Expected(absl::StrCat("'", std::string(1, c), "'"));
  return Advance();
}

absl::Status MofReader::Expected(absl::string_view what) const {
  return ErrorAt(current_.position, absl::StrCat("expected ", what, ", found ", DescribeToken(current_)));
}

absl::Status MofReader::ErrorAt(MofPosition position, absl::string_view what) const {
  return MofError(lexer_.file(), position, what);
}

absl::StatusOr<std::string> MofReader::ReadName(absl::string_view what) {
  if (current_.kind != MofToken::Kind::kIdentifier) return Expected(what);
  std::string name = std::move(current_.text);
  RETURN_IF_ERROR(Advance());
  return name;
}

absl::StatusOr<std::string> MofReader::ReadString(absl::string_view what) {
  if (current_.kind != MofToken::Kind::kString) return Expected(what);
  std::string text;
  while (current_.kind == MofToken::Kind::kString) {
    text += current_.text;
    RETURN_IF_ERROR(Advance());
  }
  return text;
}

absl::StatusOr<std::string> MofReader::ReadOptionalAlias() {
  ASSIGN_OR_RETURN(bool has_alias, TakeKeyword("as"));
  if (!has_alias) return std::string();
  if (current_.kind != MofToken::Kind::kAlias) return Expected("an alias ($name) after 'as'");
  std::string alias = current_.text;
  RETURN_IF_ERROR(Advance());
  return alias;
}

absl::StatusOr<cim::Value> MofReader::ReadScalar() {
  if (current_.kind == MofToken::Kind::kString) {
    ASSIGN_OR_RETURN(std::string text, ReadString("a string"));
    return cim::Value::String(std::move(text));
  }
  cim::Value value;
  if (current_.kind == MofToken::Kind::kLiteral) {
    value = std::move(current_.value);
  } else if (IsKeyword("true") || IsKeyword("false")) {
    value = cim::Value::Boolean(IsKeyword("true"));
  } else if (!IsKeyword("null")) {
    return Expected("a value (a string, number, character, TRUE, FALSE or NULL)");
  }
  RETURN_IF_ERROR(Advance());
  return value;
}

absl::StatusOr<MofInitializer> MofReader::ReadInitializer(int instance_depth) {
  if (IsPunctuation('{')) return ReadArray(instance_depth);
  MofInitializer result;
  result.position = current_.position;
  if (current_.kind == MofToken::Kind::kAlias) {
    result.alias = current_.text;
    RETURN_IF_ERROR(Advance());
  } else if (IsKeyword("instance")) {
    ASSIGN_OR_RETURN(MofInstance instance, ReadInstance(instance_depth + 1));
    result.instance = std::make_shared<MofInstance>(std::move(instance));
  } else {
    ASSIGN_OR_RETURN(result.value, ReadScalar());
  }
  return result;
}

absl::StatusOr<MofInitializer> MofReader::ReadArray(int instance_depth) {
  MofInitializer result;
  result.position = current_.position;
  RETURN_IF_ERROR(Expect('{'));
  bool is_literal = true;
  std::vector<MofInitializer> elements;
  while (!IsPunctuation('}')) {
    if (!elements.empty()) RETURN_IF_ERROR(Expect(','));
    if (IsPunctuation('{')) return Expected("a value; an array has no arrays in it");
    if (elements.size() == limits_.array_elements) {
      return ErrorAt(current_.position, absl::StrCat("an array has at most ", limits_.array_elements, " elements"));
    }
    ASSIGN_OR_RETURN(MofInitializer element, ReadInitializer(instance_depth));
    is_literal = is_literal && element.alias.empty() && element.instance == nullptr;
    elements.push_back(std::move(element));
  }
  RETURN_IF_ERROR(Expect('}'));
  if (!is_literal) {
    result.elements = std::move(elements);
    return result;
  }
  // The type of an array as written is that of its first value; what it is used for decides in the end.
  std::vector<cim::Value> values;
  values.reserve(elements.size());
  cim::CimType type = cim::CimType::kString;
  bool has_type = false;
  for (MofInitializer& element : elements) {
    if (!has_type && !element.value.is_null()) type = element.value.type();
    has_type = has_type || !element.value.is_null();
    values.push_back(std::move(element.value));
  }
  result.value = cim::Value::Array(type, std::move(values));
  return result;
}

absl::StatusOr<cim::Value> MofReader::ReadTypedValue(cim::CimType type, bool is_array, absl::string_view what) {
  ASSIGN_OR_RETURN(MofInitializer initializer, ReadInitializer(0));
  if (!initializer.alias.empty() || initializer.instance != nullptr || !initializer.elements.empty()) {
    return ErrorAt(initializer.position, absl::StrCat("expected a literal as ", what));
  }
  absl::StatusOr<cim::Value> value = initializer.value.Coerce(type, is_array);
  if (!value.ok()) return ErrorAt(initializer.position, absl::StrCat(what, ": ", value.status().message()));
  return value;
}

absl::StatusOr<std::vector<cim::Qualifier>> MofReader::ReadQualifierList() {
  std::vector<cim::Qualifier> qualifiers;
  ASSIGN_OR_RETURN(bool has_list, Take('['));
  while (has_list) {
    MofPosition position = current_.position;
    ASSIGN_OR_RETURN(cim::Qualifier qualifier, ReadQualifier());
    if (cim::FindQualifier(qualifiers, qualifier.name) != nullptr) {
      return ErrorAt(position, absl::StrCat("the qualifier ", qualifier.name, " is given twice"));
    }
    qualifiers.push_back(std::move(qualifier));
    ASSIGN_OR_RETURN(has_list, Take(','));
    if (!has_list) RETURN_IF_ERROR(Expect(']'));
  }
  return qualifiers;
}

absl::StatusOr<cim::Qualifier> MofReader::ReadQualifier() {
  cim::Qualifier qualifier;
  ASSIGN_OR_RETURN(qualifier.name, ReadName("the name of a qualifier"));
  auto found = qualifiers_.find(absl::AsciiStrToLower(qualifier.name));
  const QualifierDeclaration* declared = found == qualifiers_.end() ? nullptr : &found->second;
  if (declared != nullptr) {
    qualifier.name = declared->name;
    qualifier.overridable = declared->overridable;
    qualifier.to_subclass = declared->to_subclass;
    qualifier.translatable = declared->translatable;
  }
  RETURN_IF_ERROR(ReadQualifierValue(declared, &qualifier));
  ASSIGN_OR_RETURN(bool has_flavors, Take(':'));
  if (has_flavors) {
    do {
      RETURN_IF_ERROR(ReadFlavor(&qualifier));
    } while (current_.kind == MofToken::Kind::kIdentifier);
  }
  return qualifier;
}

absl::Status MofReader::ReadQualifierValue(const QualifierDeclaration* declared, cim::Qualifier* qualifier) {
  MofPosition position = current_.position;
  cim::Value value;
  if (IsPunctuation('(')) {
    RETURN_IF_ERROR(Advance());
    ASSIGN_OR_RETURN(value, ReadScalar());
    RETURN_IF_ERROR(Expect(')'));
  } else if (IsPunctuation('{')) {
    ASSIGN_OR_RETURN(MofInitializer array, ReadArray(0));
    if (!array.elements.empty()) return ErrorAt(position, "a qualifier's array holds literals only");
    value = std::move(array.value);
  } else if (declared == nullptr || declared->type == cim::CimType::kBoolean) {
    value = cim::Value::Boolean(true);
  } else {
    value = declared->default_value;
  }
  if (declared != nullptr) {
    absl::StatusOr<cim::Value> coerced = value.Coerce(declared->type, declared->is_array);
    if (!coerced.ok()) {
      return ErrorAt(position, absl::StrCat("qualifier ", qualifier->name, ": ", coerced.status().message()));
    }
    value = *std::move(coerced);
  }
  qualifier->value = std::move(value);
  return absl::OkStatus();
}

absl::StatusOr<MofInstance> MofReader::ReadInstance(int depth) {
  MofInstance instance;
  instance.position = current_.position;
  instance.file = std::string(lexer_.file());
  if (depth > limits_.instance_depth) {
    return ErrorAt(current_.position,
                   absl::StrCat("embedded instances are nested at most ", limits_.instance_depth, " deep"));
  }
  RETURN_IF_ERROR(Advance());
  ASSIGN_OR_RETURN(bool has_of, TakeKeyword("of"));
  if (!has_of) return Expected("'of' after 'instance'");
  ASSIGN_OR_RETURN(instance.class_name, ReadName("the name of a class"));
  ASSIGN_OR_RETURN(instance.alias, ReadOptionalAlias());
  RETURN_IF_ERROR(Expect('{'));
  while (!IsPunctuation('}')) {
    ASSIGN_OR_RETURN(std::vector<cim::Qualifier> ignored, ReadQualifierList());
    MofPropertyValue property;
    property.position = current_.position;
    ASSIGN_OR_RETURN(property.name, ReadName("the name of a property or '}'"));
    RETURN_IF_ERROR(Expect('='));
    ASSIGN_OR_RETURN(property.initializer, ReadInitializer(depth));
    RETURN_IF_ERROR(Expect(';'));
    instance.properties.push_back(std::move(property));
  }
  RETURN_IF_ERROR(Expect('}'));
  return instance;
}

}  // namespace cimvisor::text
