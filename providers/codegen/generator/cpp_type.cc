#include "providers/codegen/generator/cpp_type.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "providers/codegen/generator/names.h"

namespace cimvisor::codegen {
namespace {

std::string IntrinsicType(cim::CimType type) {
  switch (type) {
    case cim::CimType::kBoolean:
      return "bool";
    case cim::CimType::kUint8:
      return "uint8_t";
    case cim::CimType::kUint16:
      return "uint16_t";
    case cim::CimType::kUint32:
      return "uint32_t";
    case cim::CimType::kUint64:
      return "uint64_t";
    case cim::CimType::kSint8:
      return "int8_t";
    case cim::CimType::kSint16:
      return "int16_t";
    case cim::CimType::kSint32:
      return "int32_t";
    case cim::CimType::kSint64:
      return "int64_t";
    case cim::CimType::kReal32:
      return "float";
    case cim::CimType::kReal64:
      return "double";
    case cim::CimType::kChar16:
      return "char16_t";
    case cim::CimType::kDateTime:
      return "cim::DateTime";
    case cim::CimType::kReference:
      return "cim::ObjectPath";
    case cim::CimType::kObject:
      return "InstancePointer";
    case cim::CimType::kString:
      break;
  }
  return "absl::string_view";
}

std::string ScalarType(const Element& element) {
  if (element.is_embedded) return "InstancePointer";
  return element.enum_name.empty() ? IntrinsicType(element.type) : element.enum_name;
}

// What is given to a setter outlives the call, so arrays of strings own them.
std::string ArrayItemForSetter(const Element& element) {
  std::string type = ScalarType(element);
  return type == "absl::string_view" ? "std::string" : type;
}

std::vector<std::string> QualifierTexts(const std::vector<cim::Qualifier>& qualifiers, absl::string_view name) {
  std::vector<std::string> texts;
  const cim::Qualifier* qualifier = cim::FindQualifier(qualifiers, name);
  if (qualifier == nullptr || qualifier->value.is_null() || !qualifier->value.is_array()) return texts;
  for (const cim::Value& element : qualifier->value.elements()) texts.push_back(element.ToText());
  return texts;
}

bool HasEnumerator(const Enumerators& enumerators, const std::string& name) {
  return std::any_of(enumerators.begin(), enumerators.end(), [&name](const auto& one) { return one.first == name; });
}

}  // namespace

Element ElementOf(const cim::Property& property) {
  return {property.name, property.type, property.is_array,
          property.type == cim::CimType::kObject || !property.embedded_class.empty(), ""};
}

Element ElementOf(const cim::Parameter& parameter) {
  return {parameter.name, parameter.type, parameter.is_array,
          parameter.type == cim::CimType::kObject || !parameter.embedded_class.empty(), ""};
}

Enumerators EnumeratorsOf(cim::CimType type, const std::vector<cim::Qualifier>& qualifiers) {
  Enumerators result;
  if (!cim::IsInteger(type)) return result;
  std::vector<std::string> numbers = QualifierTexts(qualifiers, "ValueMap");
  std::vector<std::string> labels = QualifierTexts(qualifiers, "Values");
  for (size_t i = 0; i < labels.size() && (numbers.empty() || i < numbers.size()); ++i) {
    // Without a ValueMap the labels count from 0 (DSP0004 §5.6.3.55).
    cim::Value written = cim::Value::String(numbers.empty() ? std::to_string(i) : numbers[i]);
    absl::StatusOr<cim::Value> number = written.Coerce(type, false);
    std::string name = EnumeratorName(labels[i]);
    if (!number.ok()) continue;
    if (name.empty()) name = absl::StrCat("kValue", number->ToText());
    if (HasEnumerator(result, name)) absl::StrAppend(&name, number->ToText());
    result.emplace_back(std::move(name), number->ToText());
  }
  return result;
}

std::string EnumText(absl::string_view name, cim::CimType type, const Enumerators& enumerators,
                     absl::string_view indent) {
  std::string text = absl::StrCat(indent, "enum class ", name, " : ", IntrinsicType(type), " {\n");
  for (const auto& [enumerator, number] : enumerators) {
    absl::StrAppend(&text, indent, "  ", enumerator, " = ", number, ",\n");
  }
  return absl::StrCat(text, indent, "};\n");
}

std::string GetterText(const Element& element, absl::string_view place, absl::string_view indent) {
  std::string type = ScalarType(element);
  std::string name = AccessorName(element.name);
  if (element.is_array) {
    return absl::StrCat(indent, "std::optional<std::vector<", type, ">> ", name, "() const { return ArrayFrom<", type,
                        ">(ValueAt(", place, ")); }\n");
  }
  if (element.is_embedded) {
    return absl::StrCat(indent, "InstancePointer ", name, "() const { return ObjectFrom(ValueAt(", place, ")); }\n");
  }
  if (element.type == cim::CimType::kReference) {
    return absl::StrCat(indent, "const cim::ObjectPath* ", name, "() const { return ReferenceFrom(ValueAt(", place,
                        ")); }\n");
  }
  return absl::StrCat(indent, "std::optional<", type, "> ", name, "() const { return ScalarFrom<", type, ">(ValueAt(",
                      place, ")); }\n");
}

std::string SetterText(const Element& element, absl::string_view place, absl::string_view indent) {
  std::string name = absl::StrCat(indent, "void set_", AccessorName(element.name));
  if (absl::string_view(name).back() == '_') name.pop_back();
  if (element.is_array) {
    std::string item = ArrayItemForSetter(element);
    return absl::StrCat(name, "(std::optional<std::vector<", item, ">> items) { Set(", place, ", ArrayValue<", item,
                        ">(std::move(items))); }\n");
  }
  if (element.is_embedded) {
    return absl::StrCat(name, "(InstancePointer item) { Set(", place, ", cim::Value::Object(std::move(item))); }\n");
  }
  if (element.type == cim::CimType::kReference) {
    return absl::StrCat(name, "(std::optional<cim::ObjectPath> item) { Set(", place,
                        ", ScalarValue<cim::ObjectPath>(std::move(item))); }\n");
  }
  std::string type = ScalarType(element);
  return absl::StrCat(name, "(std::optional<", type, "> item) { Set(", place, ", ScalarValue<", type, ">(item)); }\n");
}

}  // namespace cimvisor::codegen
