// A scalar as it is compared: a view of a Value, or of a field of a record from which a Value could be made.
#ifndef CIMVISOR_SERVICE_CIM_SCALAR_H_
#define CIMVISOR_SERVICE_CIM_SCALAR_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "service/cim/value.h"

namespace cimvisor::cim {

// Trivially copyable; a text is not owned. What has no scalar form (arrays, references, objects) is kOther.
struct Scalar {
  enum class Kind : uint8_t { kNull, kUnsigned, kSigned, kReal, kBoolean, kText, kPoint, kInterval, kOther };

  static Scalar Null() { return Scalar(); }
  static Scalar Unsigned(uint64_t value) {
    Scalar scalar(Kind::kUnsigned);
    scalar.unsigned_value = value;
    return scalar;
  }
  static Scalar Signed(int64_t value) {
    Scalar scalar(Kind::kSigned);
    scalar.signed_value = value;
    return scalar;
  }
  static Scalar Real(double value) {
    Scalar scalar(Kind::kReal);
    scalar.real = value;
    return scalar;
  }
  static Scalar Boolean(bool value) {
    Scalar scalar(Kind::kBoolean);
    scalar.unsigned_value = value ? 1 : 0;
    return scalar;
  }
  static Scalar Text(absl::string_view value) {
    Scalar scalar(Kind::kText);
    scalar.text = value;
    return scalar;
  }
  static Scalar Time(const DateTime& value) {
    Scalar scalar(value.is_interval() ? Kind::kInterval : Kind::kPoint);
    scalar.signed_value = value.microseconds();
    return scalar;
  }
  // A view of `value`, which must outlive it.
  static Scalar Of(const Value& value) {
    if (value.is_null()) return Null();
    if (value.is_array()) return Scalar(Kind::kOther);
    switch (value.type()) {
      case CimType::kString:
        return Text(value.string());
      case CimType::kBoolean:
        return Boolean(value.boolean());
      case CimType::kDateTime:
        return Time(value.datetime());
      case CimType::kReference:
      case CimType::kObject:
        return Scalar(Kind::kOther);
      default:
        break;
    }
    if (IsUnsigned(value.type())) return Unsigned(value.unsigned_value());
    return IsSigned(value.type()) ? Signed(value.signed_value()) : Real(value.real());
  }

  bool is_null() const { return kind == Kind::kNull; }

  Kind kind = Kind::kNull;
  union {
    uint64_t unsigned_value = 0;  // kUnsigned, kBoolean
    int64_t signed_value;         // kSigned; microseconds of kPoint (since 1970) and kInterval
    double real;                  // kReal
  };
  absl::string_view text;  // kText

 private:
  Scalar() = default;
  explicit Scalar(Kind of) : kind(of) {}
};

// An instance that was not made yet, read from where its values are kept.
class ScalarRow {
 public:
  virtual ~ScalarRow() = default;
  // Sets `*value` to what the property would have, valid as long as the row, or to null; false: that is known only when
  // the instance is made.
  virtual bool Read(int slot, Scalar* value) const = 0;
};

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_SCALAR_H_
