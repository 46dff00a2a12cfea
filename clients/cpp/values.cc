#include "clients/cpp/values.h"

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cimvisor::client {

bool IsNull(const Value& value) { return value.kind_case() == Value::KIND_NOT_SET; }

const Value* Find(const Instance& instance, absl::string_view name) {
  for (const Property& property : instance.properties()) {
    if (absl::EqualsIgnoreCase(property.name(), name)) return &property.value();
  }
  return nullptr;
}

std::string Text(const Instance& instance, absl::string_view name) {
  const Value* value = Find(instance, name);
  return value == nullptr ? "" : ToText(*value);
}

std::optional<int64_t> Integer(const Instance& instance, absl::string_view name) {
  const Value* value = Find(instance, name);
  if (value == nullptr) return std::nullopt;
  if (value->kind_case() == Value::kSigned) return value->signed_();
  if (value->kind_case() == Value::kUnsigned &&
      value->unsigned_() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return static_cast<int64_t>(value->unsigned_());
  }
  return std::nullopt;
}

std::string ToText(const Value& value) {
  switch (value.kind_case()) {
    case Value::kBoolean:
      return value.boolean() ? "TRUE" : "FALSE";
    case Value::kUnsigned:
      return absl::StrCat(value.unsigned_());
    case Value::kSigned:
      return absl::StrCat(value.signed_());
    case Value::kReal:
      return absl::StrCat(value.real());
    case Value::kText:
      return value.text();
    case Value::kReference:
      return value.reference();
    case Value::kObject: {
      std::vector<std::string> parts;
      for (const Property& property : value.object().properties()) {
        if (!IsNull(property.value())) parts.push_back(absl::StrCat(property.name(), "=", ToText(property.value())));
      }
      return absl::StrCat(value.object().class_name(), "{", absl::StrJoin(parts, ", "), "}");
    }
    case Value::kArray: {
      std::vector<std::string> parts;
      for (const Value& element : value.array().values()) parts.push_back(ToText(element));
      return absl::StrCat("{", absl::StrJoin(parts, ", "), "}");
    }
    case Value::KIND_NOT_SET:
      return "";
  }
  return "";
}

Value TextValue(absl::string_view text) {
  Value value;
  value.set_text(std::string(text));
  return value;
}

Value UnsignedValue(uint64_t number) {
  Value value;
  value.set_unsigned_(number);
  return value;
}

Value BooleanValue(bool boolean) {
  Value value;
  value.set_boolean(boolean);
  return value;
}

Value ReferenceValue(absl::string_view path) {
  Value value;
  value.set_reference(std::string(path));
  return value;
}

Value ObjectValue(Instance instance) {
  Value value;
  *value.mutable_object() = std::move(instance);
  return value;
}

void Set(Instance& instance, absl::string_view name, Value value) {
  for (Property& property : *instance.mutable_properties()) {
    if (absl::EqualsIgnoreCase(property.name(), name)) {
      *property.mutable_value() = std::move(value);
      return;
    }
  }
  *instance.add_properties() = Parameter(name, std::move(value));
}

Property Parameter(absl::string_view name, Value value) {
  Property property;
  property.set_name(std::string(name));
  *property.mutable_value() = std::move(value);
  return property;
}

std::string KeyOfPath(absl::string_view path, absl::string_view key) {
  // The keys follow the first '.' after the last ':' outside quotes; values hold no unescaped quote.
  size_t place = 0;
  bool quoted = false;
  std::string name;
  std::string current;
  for (; place < path.size(); ++place) {
    const char c = path[place];
    if (quoted) {
      if (c == '\\' && place + 1 < path.size()) {
        current += path[++place];
      } else if (c == '"') {
        quoted = false;
        if (absl::EqualsIgnoreCase(name, key)) return current;
        current.clear();
      } else {
        current += c;
      }
    } else if (c == '"') {
      quoted = true;
      current.clear();
    } else if (c == '=') {
      name = current;
      current.clear();
    } else if (c == '.' || c == ',' || c == ':') {
      current.clear();
    } else {
      current += c;
    }
  }
  return "";
}

std::string Quote(absl::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || c == '"' || c == '\'') result += '\\';
    result += c;
  }
  return result;
}

}  // namespace cimvisor::client
