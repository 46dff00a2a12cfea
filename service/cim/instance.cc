#include "service/cim/instance.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/errors.h"

namespace cimvisor::cim {
namespace {

// What stands where the class has an embedded instance: null, or an instance of the class that it names.
absl::Status CheckEmbedded(const Property& property, const Value& value) {
  if (value.is_null()) return absl::OkStatus();
  if (value.is_array()) {
    for (const Value& element : value.elements()) {
      absl::Status status = element.is_array() ? absl::InvalidArgumentError("an array has no arrays in it")
                                               : CheckEmbedded(property, element);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }
  if (value.type() != CimType::kObject) {
    return absl::InvalidArgumentError(
        absl::StrCat("a ", CimTypeName(value.type()), " stands where an instance is expected"));
  }
  if (property.embedded_class.empty() || value.object()->cls().IsA(property.embedded_class)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("an instance of ", value.object()->cls().name(), " is no ", property.embedded_class));
}

}  // namespace

PropertySet PropertySet::Of(const std::vector<int>& slots) {
  PropertySet result;
  result.all_ = false;
  for (int slot : slots) result.Add(slot);
  return result;
}

void PropertySet::Add(int slot) {
  if (all_ || slot < 0) return;
  size_t index = static_cast<size_t>(slot);
  if (index >= bits_.size()) bits_.resize(index + 1);
  bits_[index] = true;
}

Instance::Instance(std::shared_ptr<const Class> cls, bool with_defaults) : class_(std::move(cls)) {
  values_.reserve(class_->properties().size());
  for (const Property& property : class_->properties()) {
    values_.push_back(with_defaults ? property.default_value : Value::Null(property.type, property.is_array));
  }
}

const Value* Instance::Find(absl::string_view name) const {
  int slot = class_->FindProperty(name);
  return slot < 0 ? nullptr : &value(slot);
}

absl::Status Instance::Set(absl::string_view name, const Value& value) {
  int slot = class_->FindProperty(name);
  if (slot < 0) {
    return CimError(CimStatus::kNoSuchProperty,
                    absl::StrCat("class ", class_->name(), " has no property '", name.substr(0, 128), "'"));
  }
  const Property& property = class_->properties()[static_cast<size_t>(slot)];
  bool is_embedded = !value.is_null() && (property.type == CimType::kObject || !property.embedded_class.empty());
  absl::Status embedded = is_embedded ? CheckEmbedded(property, value) : absl::OkStatus();
  absl::StatusOr<Value> coerced =
      embedded.ok() ? value.Coerce(is_embedded ? CimType::kObject : property.type, property.is_array) : embedded;
  if (!coerced.ok()) {
    return CimError(CimStatus::kTypeMismatch,
                    absl::StrCat(class_->name(), ".", property.name, ": ", coerced.status().message()));
  }
  values_[static_cast<size_t>(slot)] = *std::move(coerced);
  if (mentioned_.empty()) mentioned_.resize(values_.size());
  mentioned_[static_cast<size_t>(slot)] = true;
  return absl::OkStatus();
}

ObjectPath Instance::Path() const {
  if (class_->key_slots().empty()) return ObjectPath();
  std::vector<ObjectPath::Key> keys;
  keys.reserve(class_->key_slots().size());
  for (int slot : class_->key_slots()) {
    keys.emplace_back(class_->properties()[static_cast<size_t>(slot)].name, value(slot));
  }
  return ObjectPath(class_->name_space(), class_->name(), std::move(keys));
}

std::string Instance::PathText(absl::string_view host) const {
  const std::string& name_space = class_->name_space();
  const std::vector<int>& slots = class_->key_slots();
  const bool plain = !name_space.empty() && !slots.empty() && std::all_of(slots.begin(), slots.end(), [this](int slot) {
    return value(slot).type() == CimType::kString && !value(slot).is_null() && !value(slot).is_array();
  });
  if (!plain) return Path().FullText(host);
  std::string text;
  text.reserve(192);
  if (!host.empty()) absl::StrAppend(&text, "\\\\", host, "\\");
  for (const char c : name_space) text.push_back(c == '/' ? '\\' : c);
  absl::StrAppend(&text, ":", class_->name());
  char separator = '.';
  for (const int slot : slots) {
    text.push_back(std::exchange(separator, ','));
    absl::StrAppend(&text, class_->properties()[static_cast<size_t>(slot)].name, "=\"");
    for (const char c : value(slot).string()) {
      if (c == '\\' || c == '"') text.push_back('\\');
      text.push_back(c);
    }
    text.push_back('"');
  }
  return text;
}

bool Instance::Fits(int slot, const Value& value) const {
  const Property& property = class_->properties()[static_cast<size_t>(slot)];
  bool is_embedded = !property.embedded_class.empty() && value.type() == CimType::kObject;
  return (value.type() == property.type || is_embedded) && value.is_array() == property.is_array;
}

bool operator==(const Instance& a, const Instance& b) {
  bool same_class = a.class_ == b.class_ || (absl::EqualsIgnoreCase(a.cls().name(), b.cls().name()) &&
                                             a.cls().name_space() == b.cls().name_space());
  return same_class && a.values_ == b.values_;
}

}  // namespace cimvisor::cim
