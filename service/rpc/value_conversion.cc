#include "service/rpc/value_conversion.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/cim/class.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/cim/system_properties.h"

namespace cimvisor::rpc {
namespace {

absl::StatusOr<cim::Value> ReadArray(const v1::Value& value, InstanceMaker make_instance, int depth) {
  std::vector<cim::Value> elements;
  elements.reserve(static_cast<size_t>(value.array().values_size()));
  cim::CimType type = cim::CimType::kString;
  bool known = false;
  if (value.type() != v1::CIM_TYPE_UNSPECIFIED) {
    ASSIGN_OR_RETURN(type, FromProto(value.type()));
    known = true;
  }
  for (const v1::Value& element : value.array().values()) {
    if (element.kind_case() == v1::Value::kArray) {
      return absl::InvalidArgumentError("an array holds an array; CIM has arrays of one dimension only");
    }
    ASSIGN_OR_RETURN(cim::Value read, ReadValue(element, make_instance, depth + 1));
    if (!known && !read.is_null()) {
      type = read.type();
      known = true;
    }
    elements.push_back(std::move(read));
  }
  for (cim::Value& element : elements) {
    // An object array may hold text forms: the broker parses them, once it knows the class.
    if (element.type() == type || (type == cim::CimType::kObject && element.type() == cim::CimType::kString)) continue;
    ASSIGN_OR_RETURN(element, element.Coerce(type, false));
  }
  const bool has_text = type == cim::CimType::kObject && !elements.empty() && !elements.front().is_null() &&
                        elements.front().type() == cim::CimType::kString;
  if (has_text) type = cim::CimType::kString;
  for (const cim::Value& element : elements) {
    if (!element.is_null() && element.type() != type) {
      return absl::InvalidArgumentError("an array mixes embedded instances and their text forms; send one kind");
    }
  }
  return cim::Value::Array(type, std::move(elements));
}

absl::StatusOr<cim::Value> ReadScalar(const v1::Value& value, InstanceMaker make_instance, int depth) {
  switch (value.kind_case()) {
    case v1::Value::kBoolean:
      return cim::Value::Boolean(value.boolean());
    case v1::Value::kUnsigned:
      return cim::Value::Unsigned(cim::CimType::kUint64, value.unsigned_());
    case v1::Value::kSigned:
      return cim::Value::Signed(cim::CimType::kSint64, value.signed_());
    case v1::Value::kReal:
      return cim::Value::Real(cim::CimType::kReal64, value.real());
    case v1::Value::kText:
      return cim::Value::String(value.text());
    case v1::Value::kReference: {
      ASSIGN_OR_RETURN(cim::ObjectPath path, cim::ObjectPath::Parse(value.reference()));
      return cim::Value::Reference(std::move(path));
    }
    case v1::Value::kObject: {
      if (value.object().class_name().empty()) {
        return absl::InvalidArgumentError("an embedded instance has no class_name");
      }
      ASSIGN_OR_RETURN(const std::vector<broker::NamedValue> properties,
                       ReadProperties(value.object().properties(), make_instance, depth + 1));
      ASSIGN_OR_RETURN(std::shared_ptr<const cim::Instance> instance,
                       make_instance(value.object().name_space(), value.object().class_name(), properties));
      return cim::Value::Object(std::move(instance));
    }
    case v1::Value::kArray:
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return cim::Value();
}

}  // namespace

v1::CimType ToProto(cim::CimType type) { return static_cast<v1::CimType>(static_cast<int>(type) + 1); }

absl::StatusOr<cim::CimType> FromProto(v1::CimType type) {
  if (type < v1::CIM_TYPE_BOOLEAN || type > v1::CIM_TYPE_OBJECT) {
    return absl::InvalidArgumentError(absl::StrCat("there is no CIM type of number ", static_cast<int>(type)));
  }
  return static_cast<cim::CimType>(static_cast<int>(type) - 1);
}

void ProtoWriter::Write(const cim::Value& value, absl::string_view name_space, v1::Value& out) const {
  out.set_type(ToProto(value.type()));
  if (value.is_null()) return;
  if (value.is_array()) {
    v1::ValueArray& array = *out.mutable_array();
    array.mutable_values()->Reserve(static_cast<int>(value.elements().size()));
    for (const cim::Value& element : value.elements()) Write(element, name_space, *array.add_values());
    return;
  }
  switch (value.type()) {
    case cim::CimType::kBoolean:
      out.set_boolean(value.boolean());
      break;
    case cim::CimType::kUint8:
    case cim::CimType::kUint16:
    case cim::CimType::kUint32:
    case cim::CimType::kUint64:
    case cim::CimType::kChar16:
      out.set_unsigned_(value.unsigned_value());
      break;
    case cim::CimType::kSint8:
    case cim::CimType::kSint16:
    case cim::CimType::kSint32:
    case cim::CimType::kSint64:
      out.set_signed_(value.signed_value());
      break;
    case cim::CimType::kReal32:
    case cim::CimType::kReal64:
      out.set_real(value.real());
      break;
    case cim::CimType::kString:
      out.set_text(value.string());
      break;
    case cim::CimType::kDateTime:
      out.set_text(value.datetime().ToText());
      break;
    case cim::CimType::kReference:
      out.set_reference(PathText(value.reference(), name_space));
      break;
    case cim::CimType::kObject:
      Write(*value.object(), *out.mutable_object());
      break;
  }
}

void ProtoWriter::Write(const cim::Instance& instance, const std::vector<int>& slots, v1::Instance& out) const {
  const cim::Class& cls = instance.cls();
  out.set_class_name(cls.name());
  out.set_name_space(cls.name_space());
  out.set_path(PathText(instance));
  out.set_revision(instance.revision());
  out.mutable_properties()->Reserve(static_cast<int>(slots.size()));
  for (const int slot : slots) {
    v1::Property& property = *out.add_properties();
    if (cim::IsSystemColumn(slot)) {
      const cim::SystemProperty system = cim::SystemPropertyOf(slot);
      property.set_name(std::string(cim::RowOf(system).name));
      Write(cim::SystemValue(system, instance, server_name_), cls.name_space(), *property.mutable_value());
      continue;
    }
    property.set_name(cls.properties()[static_cast<size_t>(slot)].name);
    Write(instance.value(slot), cls.name_space(), *property.mutable_value());
  }
}

void ProtoWriter::Write(const cim::Instance& instance, v1::Instance& out) const {
  std::vector<int> slots(instance.cls().properties().size());
  for (size_t slot = 0; slot < slots.size(); ++slot) slots[slot] = static_cast<int>(slot);
  Write(instance, slots, out);
}

std::string ProtoWriter::PathText(const cim::Instance& instance) const {
  if (instance.cls().key_slots().empty()) return "";
  for (const int slot : instance.cls().key_slots()) {
    if (instance.value(slot).is_null()) return "";  // an embedded instance that names no object
  }
  return instance.PathText(server_name_);
}

std::string ProtoWriter::PathText(const cim::ObjectPath& path, absl::string_view name_space) const {
  if (!path.name_space().empty()) return path.FullText(server_name_);
  return path.WithNamespace(std::string(name_space)).FullText(server_name_);
}

absl::StatusOr<cim::Value> ReadValue(const v1::Value& value, InstanceMaker make_instance, int depth) {
  if (depth > kMaximumDepth) {
    return absl::InvalidArgumentError(
        absl::StrCat("embedded instances nest deeper than ", kMaximumDepth, " levels; send fewer"));
  }
  if (value.kind_case() == v1::Value::kArray) return ReadArray(value, make_instance, depth);
  cim::CimType type = cim::CimType::kString;
  if (value.type() != v1::CIM_TYPE_UNSPECIFIED) {
    ASSIGN_OR_RETURN(type, FromProto(value.type()));
    if (value.kind_case() == v1::Value::KIND_NOT_SET) return cim::Value::Null(type);
  }
  ASSIGN_OR_RETURN(cim::Value read, ReadScalar(value, make_instance, depth));
  // Text of an object stays text: the broker parses it, once it knows the class.
  if (value.type() == v1::CIM_TYPE_UNSPECIFIED || type == cim::CimType::kObject || read.type() == type) return read;
  return read.Coerce(type, false);
}

absl::StatusOr<std::vector<broker::NamedValue>> ReadProperties(
    const google::protobuf::RepeatedPtrField<v1::Property>& properties, InstanceMaker make_instance, int depth) {
  std::vector<broker::NamedValue> named;
  named.reserve(static_cast<size_t>(properties.size()));
  absl::flat_hash_set<std::string> seen;
  for (const v1::Property& property : properties) {
    if (property.name().empty()) return absl::InvalidArgumentError("a property or parameter has no name");
    if (!seen.insert(absl::AsciiStrToLower(property.name())).second) {
      return absl::InvalidArgumentError(absl::StrCat(property.name(), " is given twice"));
    }
    absl::StatusOr<cim::Value> value = ReadValue(property.value(), make_instance, depth);
    if (!value.ok()) return cim::WithContext(value.status(), absl::StrCat("in ", property.name(), ": "));
    named.emplace_back(property.name(), *std::move(value));
  }
  return named;
}

}  // namespace cimvisor::rpc
