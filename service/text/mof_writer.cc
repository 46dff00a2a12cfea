#include "service/text/mof_writer.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "service/cim/object_path.h"
#include "service/cim/system_properties.h"

namespace cimvisor::text {
namespace {

// A control character as \xHHHH, the four digits keep it apart from what follows.
void AppendEscaped(absl::string_view text, std::string* out) {
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      absl::StrAppend(out, "\\", std::string(1, c));
    } else if (c == '\n') {
      *out += "\\n";
    } else if (c == '\r') {
      *out += "\\r";
    } else if (c == '\t') {
      *out += "\\t";
    } else if (byte < 0x20 && byte != 0) {
      absl::StrAppendFormat(out, "\\x%04X", byte);
    } else if (byte != 0) {
      out->push_back(c);
    }
  }
}

std::string Quoted(absl::string_view text) {
  std::string result = "\"";
  AppendEscaped(text, &result);
  return result + "\"";
}

// A real needs a point, or it reads as an integer.
std::string RealText(const cim::Value& value) {
  std::string text = value.ToText();
  if (text.find('.') != std::string::npos) return text;
  size_t exponent = text.find('e');
  return text.insert(exponent == std::string::npos ? text.size() : exponent, ".0");
}

std::string InstanceText(const cim::Instance& instance, absl::string_view host, const std::string& indent,
                         const std::vector<int>* slots = nullptr);

std::string ValueText(const cim::Value& value, absl::string_view host, const std::string& indent) {
  if (value.is_null()) return "NULL";
  if (value.is_array()) {
    std::vector<std::string> elements;
    elements.reserve(value.elements().size());
    for (const cim::Value& element : value.elements()) elements.push_back(ValueText(element, host, indent));
    return absl::StrCat("{", absl::StrJoin(elements, ", "), "}");
  }
  switch (value.type()) {
    case cim::CimType::kString:
      return Quoted(value.string());
    case cim::CimType::kDateTime:
      return Quoted(value.ToText());
    case cim::CimType::kReference:
      return Quoted(value.reference().FullText(host));
    case cim::CimType::kObject:
      return InstanceText(*value.object(), host, indent + "  ");
    case cim::CimType::kReal32:
    case cim::CimType::kReal64:
      return RealText(value);
    default:
      return value.ToText();
  }
}

std::string InstanceText(const cim::Instance& instance, absl::string_view host, const std::string& indent,
                         const std::vector<int>* slots) {
  std::string text = absl::StrCat("instance of ", instance.cls().name(), "\n", indent, "{\n");
  const cim::SharedList<cim::Property>& properties = instance.cls().properties();
  const auto append = [&](size_t i) {
    const cim::Value& value = instance.value(static_cast<int>(i));
    if (value.is_null()) return;
    absl::StrAppend(&text, indent, "  ", properties[i].name, " = ", ValueText(value, host, indent), ";\n");
  };
  if (slots != nullptr) {
    for (const int slot : *slots) {
      if (!cim::IsSystemColumn(slot)) append(static_cast<size_t>(slot));
    }
  } else {
    for (size_t i = 0; i < properties.size(); ++i) append(i);
  }
  return absl::StrCat(text, indent, "}");
}

std::string QualifierText(const cim::Qualifier& qualifier) {
  std::string text = qualifier.name;
  const cim::Value& value = qualifier.value;
  bool is_plain_true =
      !value.is_null() && !value.is_array() && value.type() == cim::CimType::kBoolean && value.boolean();
  if (value.is_array() && !value.is_null()) {
    absl::StrAppend(&text, " ", ValueText(value, "", ""));
  } else if (!is_plain_true) {
    absl::StrAppend(&text, "(", ValueText(value, "", ""), ")");
  }
  std::string flavors;
  if (!qualifier.overridable) flavors += " DisableOverride";
  if (!qualifier.to_subclass) flavors += " Restricted";
  if (qualifier.translatable) flavors += " Translatable";
  return flavors.empty() ? text : absl::StrCat(text, " :", flavors);
}

std::string QualifierListText(const std::vector<cim::Qualifier>& qualifiers, absl::string_view after) {
  if (qualifiers.empty()) return "";
  std::string text = absl::StrJoin(
      qualifiers, ", ", [](std::string* out, const cim::Qualifier& qualifier) { *out += QualifierText(qualifier); });
  return absl::StrCat("[", text, "]", after);
}

std::string TypeText(cim::CimType type, const std::string& reference_class, const std::string& embedded_class) {
  if (type == cim::CimType::kReference)
    return absl::StrCat(reference_class.empty() ? "object" : reference_class, " ref");
  if (type == cim::CimType::kObject && !embedded_class.empty()) return embedded_class;
  return std::string(cim::CimTypeName(type));
}

std::string PropertyText(const cim::Property& property) {
  std::string text =
      absl::StrCat("  ", QualifierListText(property.qualifiers, "\n  "),
                   TypeText(property.type, property.reference_class, property.embedded_class), " ", property.name);
  if (property.is_array) {
    absl::StrAppend(&text, "[", property.fixed_array_size == 0 ? "" : absl::StrCat(property.fixed_array_size), "]");
  }
  if (!property.default_value.is_null()) absl::StrAppend(&text, " = ", WriteMofValue(property.default_value));
  return text + ";\n";
}

std::string ParameterText(const cim::Parameter& parameter) {
  return absl::StrCat("    ", QualifierListText(parameter.qualifiers, " "),
                      TypeText(parameter.type, parameter.reference_class, parameter.embedded_class), " ",
                      parameter.name, parameter.is_array ? "[]" : "");
}

std::string MethodText(const cim::Method& method) {
  std::vector<std::string> parameters;
  parameters.reserve(method.parameters.size());
  for (const cim::Parameter& parameter : method.parameters) parameters.push_back(ParameterText(parameter));
  return absl::StrCat("  ", QualifierListText(method.qualifiers, "\n  "), cim::CimTypeName(method.return_type), " ",
                      method.name, "(", parameters.empty() ? "" : "\n", absl::StrJoin(parameters, ",\n"), ");\n");
}

}  // namespace

std::string WriteMofValue(const cim::Value& value, absl::string_view host) { return ValueText(value, host, ""); }

std::string WriteInstanceMof(const cim::Instance& instance, absl::string_view host, const std::vector<int>* slots) {
  return absl::StrCat(InstanceText(instance, host, "", slots), ";\n");
}

std::string WriteClassMof(const cim::ClassDeclaration& declaration) {
  std::string text = absl::StrCat(QualifierListText(declaration.qualifiers, "\n"), "class ", declaration.name);
  if (!declaration.superclass.empty()) absl::StrAppend(&text, " : ", declaration.superclass);
  text += "\n{\n";
  for (const cim::Property& property : declaration.properties) text += PropertyText(property);
  for (const cim::Method& method : declaration.methods) text += MethodText(method);
  return text + "};\n";
}

}  // namespace cimvisor::text
