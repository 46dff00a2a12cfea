#include "service/cim/value.h"

#include <charconv>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/instance.h"
#include "service/cim/object_path.h"

namespace cimvisor::cim {
namespace {

// In the order of CimType.
constexpr absl::string_view kTypeNames[] = {"boolean", "uint8",    "uint16", "uint32", "uint64", "sint8",
                                            "sint16",  "sint32",   "sint64", "real32", "real64", "char16",
                                            "string",  "datetime", "ref",    "object"};

// The shortest text that reads back to the same number.
template <typename Number>
std::string ShortestText(Number number) {
  char buffer[64];
  std::to_chars_result end = std::to_chars(std::begin(buffer), std::end(buffer), number);
  return std::string(buffer, static_cast<size_t>(end.ptr - buffer));
}

}  // namespace

absl::string_view CimTypeName(CimType type) { return kTypeNames[static_cast<size_t>(type)]; }

absl::StatusOr<CimType> CimTypeFromName(absl::string_view name) {
  for (size_t i = 0; i < std::size(kTypeNames); ++i) {
    if (absl::EqualsIgnoreCase(kTypeNames[i], name)) return static_cast<CimType>(i);
  }
  return absl::InvalidArgumentError(absl::StrCat("'", name.substr(0, 64), "' is not a CIM type"));
}

bool IsUnsigned(CimType type) {
  return (type >= CimType::kUint8 && type <= CimType::kUint64) || type == CimType::kChar16;
}
bool IsSigned(CimType type) { return type >= CimType::kSint8 && type <= CimType::kSint64; }
bool IsReal(CimType type) { return type == CimType::kReal32 || type == CimType::kReal64; }

Value Value::Null(CimType type, bool is_array) {
  Value result;
  result.type_ = type;
  result.is_array_ = is_array;
  return result;
}

Value Value::Boolean(bool value) {
  Value result = Null(CimType::kBoolean);
  result.data_ = value;
  return result;
}

Value Value::Unsigned(CimType type, uint64_t value) {
  Value result = Null(type);
  result.data_ = value;
  return result;
}

Value Value::Signed(CimType type, int64_t value) {
  Value result = Null(type);
  result.data_ = value;
  return result;
}

Value Value::Real(CimType type, double value) {
  Value result = Null(type);
  result.data_ = value;
  return result;
}

Value Value::String(std::string value) {
  Value result;
  result.data_ = std::move(value);
  return result;
}

Value Value::Time(DateTime value) {
  Value result = Null(CimType::kDateTime);
  result.data_ = value;
  return result;
}

Value Value::Reference(ObjectPath path) { return Reference(std::make_shared<const ObjectPath>(std::move(path))); }

Value Value::Reference(std::shared_ptr<const ObjectPath> path) {
  Value result = Null(CimType::kReference);
  if (path != nullptr) result.data_ = std::move(path);
  return result;
}

Value Value::Object(std::shared_ptr<const Instance> instance) {
  Value result = Null(CimType::kObject);
  if (instance != nullptr) result.data_ = std::move(instance);
  return result;
}

Value Value::Array(CimType type, std::vector<Value> elements) {
  Value result = Null(type, true);
  result.data_ = std::make_shared<std::vector<Value>>(std::move(elements));
  return result;
}

std::string Value::ToText() const {
  if (is_null()) return "";
  if (is_array_) {
    std::string text = "{";
    for (const Value& element : elements()) {
      absl::StrAppend(&text, text.size() > 1 ? ", " : "", element.is_null() ? "NULL" : element.ToText());
    }
    return text + "}";
  }
  if (IsUnsigned(type_)) return absl::StrCat(unsigned_value());
  if (IsSigned(type_)) return absl::StrCat(signed_value());
  switch (type_) {
    case CimType::kBoolean:
      return boolean() ? "TRUE" : "FALSE";
    case CimType::kReal32:
      return ShortestText(static_cast<float>(real()));
    case CimType::kReal64:
      return ShortestText(real());
    case CimType::kDateTime:
      return datetime().ToText();
    case CimType::kReference:
      return reference().FullText("");
    case CimType::kObject:
      return absl::StrCat("instance of ", object()->cls().name());
    default:
      return string();
  }
}

bool operator==(const Value& a, const Value& b) {
  if (a.type_ != b.type_ || a.is_array_ != b.is_array_ || a.data_.index() != b.data_.index()) return false;
  if (a.is_null()) return true;
  if (a.is_array_) return a.elements() == b.elements();
  if (a.type_ == CimType::kReference) return a.reference() == b.reference();
  if (a.type_ == CimType::kObject) return a.object() == b.object() || *a.object() == *b.object();
  return a.data_ == b.data_;
}

size_t Value::HeapBytes() const {
  if (const auto* text = std::get_if<std::string>(&data_)) {
    return text->capacity() > std::string().capacity() ? text->capacity() + 1 : 0;
  }
  if (is_null()) return 0;
  size_t bytes = 0;
  if (is_array_) {
    bytes = sizeof(std::vector<Value>) + elements().capacity() * sizeof(Value);
    for (const Value& element : elements()) bytes += element.HeapBytes();
  } else if (type_ == CimType::kReference) {
    bytes = sizeof(ObjectPath) + reference().name_space().capacity() + reference().class_name().capacity();
    for (const ObjectPath::Key& key : reference().keys()) {
      bytes += sizeof(key) + key.first.capacity() + key.second.HeapBytes();
    }
  } else if (type_ == CimType::kObject) {
    bytes = sizeof(Instance);
    for (size_t i = 0; i < object()->cls().properties().size(); ++i) {
      bytes += sizeof(Value) + object()->value(static_cast<int>(i)).HeapBytes();
    }
  }
  return bytes;
}

}  // namespace cimvisor::cim
