// Value::Coerce: clients quote every literal and pick integer widths at will; everything from outside passes here.
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/cim/object_path.h"
#include "service/cim/status_macros.h"
#include "service/cim/value.h"

namespace cimvisor::cim {
namespace {

// The largest value of an unsigned type.
uint64_t UnsignedLimit(CimType type) {
  switch (type) {
    case CimType::kUint8:
      return std::numeric_limits<uint8_t>::max();
    case CimType::kUint16:
    case CimType::kChar16:
      return std::numeric_limits<uint16_t>::max();
    case CimType::kUint32:
      return std::numeric_limits<uint32_t>::max();
    default:
      return std::numeric_limits<uint64_t>::max();
  }
}

// The largest value of a signed type; the smallest is minus that, minus one.
int64_t SignedLimit(CimType type) {
  switch (type) {
    case CimType::kSint8:
      return std::numeric_limits<int8_t>::max();
    case CimType::kSint16:
      return std::numeric_limits<int16_t>::max();
    case CimType::kSint32:
      return std::numeric_limits<int32_t>::max();
    default:
      return std::numeric_limits<int64_t>::max();
  }
}

absl::Status Misfit(const Value& value, CimType type) {
  std::string text = value.ToText();
  if (text.size() > 64) text = absl::StrCat(text.substr(0, 64), "…");
  return absl::InvalidArgumentError(
      absl::StrCat("the ", CimTypeName(value.type()), " '", text, "' is no ", CimTypeName(type)));
}

// An integer of any sign and width.
struct WideInteger {
  bool is_negative = false;
  uint64_t magnitude = 0;
};

// Decimal, or hexadecimal with 0x, with an optional sign and space around it.
bool ParseInteger(absl::string_view text, WideInteger* result) {
  text = absl::StripAsciiWhitespace(text);
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    result->is_negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) return false;
  if (absl::StartsWithIgnoreCase(text, "0x")) return absl::SimpleHexAtoi(text, &result->magnitude);
  return absl::SimpleAtoi(text, &result->magnitude);
}

bool ToWideInteger(const Value& value, WideInteger* result) {
  if (IsUnsigned(value.type())) {
    result->magnitude = value.unsigned_value();
    return true;
  }
  if (IsSigned(value.type())) {
    int64_t number = value.signed_value();
    result->is_negative = number < 0;
    result->magnitude = number < 0 ? uint64_t{0} - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
    return true;
  }
  if (IsReal(value.type())) {
    double number = std::fabs(value.real());
    if (!(number < 18446744073709551616.0) || number != std::floor(number)) return false;
    result->is_negative = value.real() < 0;
    result->magnitude = static_cast<uint64_t>(number);
    return true;
  }
  return value.type() == CimType::kString && ParseInteger(value.string(), result);
}

absl::StatusOr<Value> ToInteger(const Value& value, CimType type) {
  WideInteger wide;
  if (!ToWideInteger(value, &wide)) return Misfit(value, type);
  if (IsUnsigned(type)) {
    if ((wide.is_negative && wide.magnitude != 0) || wide.magnitude > UnsignedLimit(type)) {
      return absl::InvalidArgumentError(
          absl::StrCat(value.ToText(), " does not fit ", CimTypeName(type), " (0..", UnsignedLimit(type), ")"));
    }
    return Value::Unsigned(type, wide.magnitude);
  }
  uint64_t limit = static_cast<uint64_t>(SignedLimit(type)) + (wide.is_negative ? 1 : 0);
  if (wide.magnitude > limit) {
    return absl::InvalidArgumentError(absl::StrCat(value.ToText(), " does not fit ", CimTypeName(type), " (",
                                                   -SignedLimit(type) - 1, "..", SignedLimit(type), ")"));
  }
  return Value::Signed(type, static_cast<int64_t>(wide.is_negative ? uint64_t{0} - wide.magnitude : wide.magnitude));
}

absl::StatusOr<Value> ToBoolean(const Value& value) {
  if (value.type() == CimType::kBoolean) return value;
  if (value.type() == CimType::kString) {
    absl::string_view text = absl::StripAsciiWhitespace(value.string());
    if (absl::EqualsIgnoreCase(text, "true")) return Value::Boolean(true);
    if (absl::EqualsIgnoreCase(text, "false")) return Value::Boolean(false);
  }
  // 0 and 1, and the -1 of a VARIANT_BOOL.
  WideInteger wide;
  if (ToWideInteger(value, &wide) && wide.magnitude <= 1) return Value::Boolean(wide.magnitude == 1);
  return Misfit(value, CimType::kBoolean);
}

absl::StatusOr<Value> ToReal(const Value& value, CimType type) {
  double number = 0;
  if (IsUnsigned(value.type())) {
    number = static_cast<double>(value.unsigned_value());
  } else if (IsSigned(value.type())) {
    number = static_cast<double>(value.signed_value());
  } else if (IsReal(value.type())) {
    number = value.real();
  } else if (value.type() != CimType::kString || !absl::SimpleAtod(value.string(), &number)) {
    return Misfit(value, type);
  }
  if (!std::isfinite(number)) return Misfit(value, type);
  if (type == CimType::kReal32) {
    // From here on, half a step past the largest, a number no longer rounds to a real32.
    constexpr double kPastLargest = 3.4028235677973366e38;
    if (std::fabs(number) >= kPastLargest) return Misfit(value, type);
    number = static_cast<double>(static_cast<float>(number));
  }
  return Value::Real(type, number);
}

absl::StatusOr<Value> CoerceScalar(const Value& value, CimType type) {
  if (value.is_null()) return Value::Null(type);
  if (value.type() == CimType::kObject && type != CimType::kObject) return Misfit(value, type);
  if (value.type() == type && !IsInteger(type) && !IsReal(type)) return value;
  if (IsInteger(type)) return ToInteger(value, type);
  if (IsReal(type)) return ToReal(value, type);
  switch (type) {
    case CimType::kBoolean:
      return ToBoolean(value);
    case CimType::kString:
      return Value::String(value.ToText());
    case CimType::kDateTime: {
      if (value.type() != CimType::kString) return Misfit(value, type);
      ASSIGN_OR_RETURN(DateTime time, DateTime::Parse(absl::StripAsciiWhitespace(value.string())));
      return Value::Time(time);
    }
    case CimType::kReference: {
      if (value.type() != CimType::kString) return Misfit(value, type);
      ASSIGN_OR_RETURN(ObjectPath path, ObjectPath::Parse(value.string()));
      return Value::Reference(std::move(path));
    }
    default:
      return Misfit(value, type);
  }
}

}  // namespace

absl::StatusOr<Value> Value::Coerce(CimType type, bool is_array) const {
  if (is_null()) return Null(type, is_array);
  if (!is_array) {
    if (is_array_) {
      return absl::InvalidArgumentError(
          absl::StrCat("an array of ", elements().size(), " where a single ", CimTypeName(type), " is expected"));
    }
    return CoerceScalar(*this, type);
  }
  if (!is_array_) {
    ASSIGN_OR_RETURN(Value element, CoerceScalar(*this, type));
    return Array(type, {std::move(element)});
  }
  std::vector<Value> coerced;
  coerced.reserve(elements().size());
  for (const Value& element : elements()) {
    absl::StatusOr<Value> one =
        element.is_array_ ? absl::StatusOr<Value>(Misfit(element, type)) : CoerceScalar(element, type);
    if (!one.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("element ", coerced.size(), ": ", one.status().message()));
    }
    coerced.push_back(*std::move(one));
  }
  return Array(type, std::move(coerced));
}

}  // namespace cimvisor::cim
