#include "service/broker/input.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/broker/names.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/text/cim_xml_reader.h"

namespace cimvisor::broker {
namespace {

constexpr size_t kDescriptionBytes = 1000;
constexpr size_t kDescribedValueBytes = 200;

std::string Name(absl::string_view name) { return absl::StrCat("'", name.substr(0, 200), "'"); }

absl::Status BadParameter(const cim::Class& cls, const cim::Method& method, absl::string_view what) {
  return cim::CimError(cim::CimStatus::kInvalidParameter, absl::StrCat(cls.name(), ".", method.name, ": ", what));
}

bool MayRefer(const cim::Class& cls, const std::string& declared, const std::vector<cim::Qualifier>& qualifiers) {
  if (declared.empty() || cls.IsA(declared)) return true;
  const cim::Qualifier* also = cim::FindQualifier(qualifiers, "Cimvisor_AlsoAccepts");
  if (also == nullptr || also->value.is_null() || !also->value.is_array()) return false;
  const std::vector<cim::Value>& names = also->value.elements();
  return std::any_of(names.begin(), names.end(), [&](const cim::Value& name) {
    return name.type() == cim::CimType::kString && !name.is_null() && cls.IsA(name.string());
  });
}

}  // namespace

absl::StatusOr<std::vector<cim::Value>> InputReader::Parameters(const cim::Class& cls, const cim::Method& method,
                                                                const std::vector<NamedValue>& given) const {
  std::vector<cim::Value> values;
  for (const cim::Parameter& parameter : method.parameters)
    values.push_back(cim::Value::Null(parameter.embedded_class.empty() ? parameter.type : cim::CimType::kObject,
                                      parameter.is_array));
  std::vector<bool> seen(values.size());
  for (const auto& [name, value] : given) {
    size_t at = 0;
    while (at < values.size() && !absl::EqualsIgnoreCase(method.parameters[at].name, name)) ++at;
    if (at == values.size()) return BadParameter(cls, method, absl::StrCat("there is no parameter ", Name(name)));
    const cim::Parameter& parameter = method.parameters[at];
    if (!parameter.is_in)
      return BadParameter(cls, method, absl::StrCat("the parameter ", parameter.name, " is only for output"));
    if (seen[at]) return BadParameter(cls, method, absl::StrCat("the parameter ", parameter.name, " is given twice"));
    seen[at] = true;
    absl::StatusOr<cim::Value> converted =
        Convert(value, {parameter.type, parameter.is_array, parameter.reference_class, parameter.embedded_class,
                        parameter.qualifiers});
    if (!converted.ok())
      return BadParameter(cls, method,
                          absl::StrCat("the parameter ", parameter.name, ": ", converted.status().message()));
    values[at] = *std::move(converted);
  }
  return values;
}

absl::StatusOr<std::shared_ptr<const cim::Instance>> InputReader::MakeInstance(
    absl::string_view class_name, const std::vector<NamedValue>& properties) const {
  ASSIGN_OR_RETURN(std::shared_ptr<const cim::Class> cls, classes_.Find(name_space_, class_name));
  auto instance = std::make_shared<cim::Instance>(std::move(cls));
  for (const auto& [name, value] : properties) {
    const int slot = instance->cls().FindProperty(name);
    if (slot < 0) {
      return cim::CimError(cim::CimStatus::kNoSuchProperty,
                           absl::StrCat(instance->cls().name(), " has no property ", Name(name)));
    }
    const cim::Property& property = instance->cls().properties()[static_cast<size_t>(slot)];
    absl::StatusOr<cim::Value> converted = Convert(value, {property.type, property.is_array, property.reference_class,
                                                           property.embedded_class, property.qualifiers});
    if (!converted.ok()) {
      return cim::CimError(cim::CimStatus::kTypeMismatch, absl::StrCat(instance->cls().name(), ".", property.name, ": ",
                                                                       converted.status().message()));
    }
    RETURN_IF_ERROR(instance->Set(property.name, *converted));
  }
  return instance;
}

absl::StatusOr<cim::Value> InputReader::Convert(const cim::Value& value, const Target& target) const {
  if (!value.is_array()) {
    ASSIGN_OR_RETURN(cim::Value element, ConvertElement(value, target));
    if (!target.is_array) return element;
    if (element.is_null()) return cim::Value::Null(element.type(), true);
    const cim::CimType type = element.type();
    return cim::Value::Array(type, {std::move(element)});
  }
  if (!target.is_array) return absl::InvalidArgumentError("an array was given for a single value");
  const cim::CimType type = target.embedded_class.empty() ? target.type : cim::CimType::kObject;
  if (value.is_null()) return cim::Value::Null(type, true);
  std::vector<cim::Value> elements;
  for (const cim::Value& element : value.elements()) {
    absl::StatusOr<cim::Value> converted = ConvertElement(element, target);
    if (!converted.ok()) {
      return absl::Status(converted.status().code(),
                          absl::StrCat("element ", elements.size(), ": ", converted.status().message()));
    }
    elements.push_back(*std::move(converted));
  }
  return cim::Value::Array(type, std::move(elements));
}

absl::StatusOr<cim::Value> InputReader::ConvertElement(const cim::Value& value, const Target& target) const {
  if (target.type == cim::CimType::kObject || !target.embedded_class.empty())
    return Embedded(value, target.embedded_class);
  if (target.type == cim::CimType::kReference) return Reference(value, target);
  return value.Coerce(target.type, false);
}

absl::StatusOr<cim::Value> InputReader::Embedded(const cim::Value& value, const std::string& embedded_class) const {
  if (value.is_null()) return cim::Value::Null(cim::CimType::kObject);
  std::shared_ptr<const cim::Instance> instance;
  if (value.type() == cim::CimType::kObject) {
    instance = value.object();
  } else if (value.type() == cim::CimType::kString) {
    // Clients of WMI send an empty text where they mean none.
    if (absl::StripAsciiWhitespace(value.string()).empty()) return cim::Value::Null(cim::CimType::kObject);
    ASSIGN_OR_RETURN(instance, ParseText(value.string()));
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("expected an instance, or its MOF or CIM-XML text, not a ", cim::CimTypeName(value.type())));
  }
  if (!embedded_class.empty() && !instance->cls().IsA(embedded_class)) {
    return absl::InvalidArgumentError(
        absl::StrCat("an instance of ", instance->cls().name(), " is no ", embedded_class));
  }
  return cim::Value::Object(std::move(instance));
}

absl::StatusOr<cim::Value> InputReader::Reference(const cim::Value& value, const Target& target) const {
  if (value.is_null()) return cim::Value::Null(cim::CimType::kReference);
  ResolvedPath resolved;
  if (value.type() == cim::CimType::kReference) {
    ASSIGN_OR_RETURN(resolved, ResolvePath(classes_, name_space_, value.reference()));
  } else if (value.type() == cim::CimType::kString) {
    if (absl::StripAsciiWhitespace(value.string()).empty()) return cim::Value::Null(cim::CimType::kReference);
    ASSIGN_OR_RETURN(resolved, ResolvePath(classes_, name_space_, value.string()));
  } else {
    return absl::InvalidArgumentError(absl::StrCat("expected an object path, not a ", cim::CimTypeName(value.type())));
  }
  if (!MayRefer(*resolved.cls, target.reference_class, target.qualifiers)) {
    return absl::InvalidArgumentError(absl::StrCat("the path ", resolved.path.RelativeText().substr(0, 300),
                                                   " is not that of a ", target.reference_class));
  }
  return cim::Value::Reference(std::move(resolved.path));
}

absl::StatusOr<std::shared_ptr<const cim::Instance>> InputReader::ParseText(absl::string_view text) const {
  return text::ParseEmbeddedInstance(text, classes_, name_space_);
}

std::string Describe(const cim::Method& method, const std::vector<cim::Value>& parameters) {
  std::string description;
  for (size_t i = 0; i < parameters.size() && description.size() < kDescriptionBytes; ++i) {
    const cim::Value& value = parameters[i];
    if (value.is_null()) continue;
    std::string text;
    if (value.type() == cim::CimType::kObject) {
      text = value.is_array() ? absl::StrCat(value.elements().size(), " instances")
                              : absl::StrCat("an instance of ", value.object()->cls().name());
    } else {
      text = value.ToText().substr(0, kDescribedValueBytes);
    }
    absl::StrAppend(&description, description.empty() ? "" : ", ", method.parameters[i].name, "=", text);
  }
  return description.substr(0, kDescriptionBytes);
}

}  // namespace cimvisor::broker
