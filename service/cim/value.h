// The value of a CIM property or parameter (DSP0004 §5.2.2, intrinsic types; WMI's CIMTYPE).
//
// A Value is null, a scalar of one CimType, or an array of one CimType. It is cheap to move and safe to share
// for reading; it is not synchronised for writing.
#ifndef CIMVISOR_SERVICE_CIM_VALUE_H_
#define CIMVISOR_SERVICE_CIM_VALUE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/datetime.h"

namespace cimvisor::cim {

class Instance;
class ObjectPath;

enum class CimType : uint8_t {
  kBoolean,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kSint8,
  kSint16,
  kSint32,
  kSint64,
  kReal32,
  kReal64,
  kChar16,
  kString,
  kDateTime,
  kReference,  // an ObjectPath
  kObject,     // an embedded instance
};

// The MOF keyword of a type ("uint16"); kReference is "ref" and kObject is "object".
absl::string_view CimTypeName(CimType type);
// The type of a MOF keyword, without regard to case. kInvalidArgument for any other word.
absl::StatusOr<CimType> CimTypeFromName(absl::string_view name);

bool IsUnsigned(CimType type);  // uint8..uint64, char16
bool IsSigned(CimType type);    // sint8..sint64
bool IsReal(CimType type);
inline bool IsInteger(CimType type) { return IsUnsigned(type) || IsSigned(type); }

class Value {
 public:
  Value() = default;  // null, of type string

  // Constructors by type. Integers are range-checked by the callers that take them from outside
  // (see Coerce); these do not check.
  static Value Null(CimType type, bool is_array = false);
  static Value Boolean(bool value);
  static Value Unsigned(CimType type, uint64_t value);
  static Value Signed(CimType type, int64_t value);
  static Value Real(CimType type, double value);
  static Value String(std::string value);
  static Value Time(DateTime value);
  static Value Reference(ObjectPath path);
  static Value Reference(std::shared_ptr<const ObjectPath> path);
  static Value Object(std::shared_ptr<const Instance> instance);
  // An array; every element is a non-null or null scalar of `type`.
  static Value Array(CimType type, std::vector<Value> elements);

  CimType type() const { return type_; }
  bool is_array() const { return is_array_; }
  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }

  // Accessors; the caller has checked type(), is_array() and is_null(). A wrong access is a programming
  // error and ends the program (std::get).
  bool boolean() const { return std::get<bool>(data_); }
  uint64_t unsigned_value() const { return std::get<uint64_t>(data_); }
  int64_t signed_value() const { return std::get<int64_t>(data_); }
  double real() const { return std::get<double>(data_); }
  const std::string& string() const { return std::get<std::string>(data_); }
  const DateTime& datetime() const { return std::get<DateTime>(data_); }
  const ObjectPath& reference() const { return *std::get<std::shared_ptr<const ObjectPath>>(data_); }
  const std::shared_ptr<const ObjectPath>& shared_reference() const {
    return std::get<std::shared_ptr<const ObjectPath>>(data_);
  }
  const std::shared_ptr<const Instance>& object() const { return std::get<std::shared_ptr<const Instance>>(data_); }
  const std::vector<Value>& elements() const { return *std::get<std::shared_ptr<std::vector<Value>>>(data_); }

  // The value as `type` (and array or scalar as asked), or kInvalidArgument that says what does not fit:
  // quoted numbers become numbers, "True"/"FALSE"/"1" booleans, text datetimes and references, integers of
  // another width are range-checked. A null stays null with the new type. A scalar for an array becomes an
  // array of one.
  absl::StatusOr<Value> Coerce(CimType type, bool is_array) const;

  // The text that a person sees ("2", "TRUE", "{1, 2}", a path); null is "".
  std::string ToText() const;

  // Same type, same nullness, same content; strings by byte; references by ObjectPath equality.
  friend bool operator==(const Value& a, const Value& b);
  friend bool operator!=(const Value& a, const Value& b) { return !(a == b); }

  // Bytes held on the heap, approximately; for limits and memory figures.
  size_t HeapBytes() const;

 private:
  CimType type_ = CimType::kString;
  bool is_array_ = false;
  std::variant<std::monostate, bool, uint64_t, int64_t, double, std::string, DateTime,
               std::shared_ptr<const ObjectPath>, std::shared_ptr<const Instance>, std::shared_ptr<std::vector<Value>>>
      data_;
};

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_VALUE_H_
