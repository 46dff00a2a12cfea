#include "service/wql/compare.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "service/cim/case_fold.h"

namespace cimvisor::wql {
namespace {

using Kind = cim::Scalar::Kind;

template <typename T>
int Sign(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

// A whole number against a real, exactly: a double holds no more than 53 bits of it.
int CompareWholeWithReal(bool negative, uint64_t magnitude, double real) {
  constexpr double kTwoTo64 = 18446744073709551616.0;
  if (real >= kTwoTo64) return -1;
  if (real <= -kTwoTo64) return 1;
  const bool real_negative = real < 0;
  if (negative != real_negative) return negative ? -1 : 1;
  const double real_magnitude = std::fabs(real);
  const uint64_t whole = static_cast<uint64_t>(real_magnitude);
  int order = Sign(magnitude, whole);
  if (order == 0 && real_magnitude > static_cast<double>(whole)) order = -1;
  return negative ? -order : order;
}

struct Whole {
  bool negative;
  uint64_t magnitude;
};

Whole WholeOf(const cim::Scalar& scalar) {
  if (scalar.kind == Kind::kUnsigned) return {false, scalar.unsigned_value};
  const auto bits = static_cast<uint64_t>(scalar.signed_value);
  return scalar.signed_value < 0 ? Whole{true, ~bits + 1} : Whole{false, bits};
}

bool IsNumber(Kind kind) { return kind == Kind::kUnsigned || kind == Kind::kSigned || kind == Kind::kReal; }

std::optional<int> CompareNumbers(const cim::Scalar& a, const cim::Scalar& b) {
  if (a.kind == Kind::kUnsigned && b.kind == Kind::kUnsigned) return Sign(a.unsigned_value, b.unsigned_value);
  const bool a_real = a.kind == Kind::kReal;
  const bool b_real = b.kind == Kind::kReal;
  if ((a_real && std::isnan(a.real)) || (b_real && std::isnan(b.real))) return std::nullopt;
  if (a_real && b_real) return Sign(a.real, b.real);
  if (a_real) {
    const Whole whole = WholeOf(b);
    return -CompareWholeWithReal(whole.negative, whole.magnitude, a.real);
  }
  const Whole whole = WholeOf(a);
  if (b_real) return CompareWholeWithReal(whole.negative, whole.magnitude, b.real);
  const Whole other = WholeOf(b);
  if (whole.negative != other.negative) return whole.negative ? -1 : 1;
  const int order = Sign(whole.magnitude, other.magnitude);
  return whole.negative ? -order : order;
}

std::optional<bool> FromOrder(int order, Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return order == 0;
    case Comparison::kNotEqual:
      return order != 0;
    case Comparison::kLess:
      return order < 0;
    case Comparison::kGreater:
      return order > 0;
    case Comparison::kLessOrEqual:
      return order <= 0;
    case Comparison::kGreaterOrEqual:
      return order >= 0;
    case Comparison::kLike:
    case Comparison::kIsA:
      break;
  }
  return std::nullopt;
}

bool SameKeyValue(const cim::Value& a, const cim::Value& b) {
  const absl::StatusOr<cim::Value> coerced = a.type() == b.type() ? b : b.Coerce(a.type(), a.is_array());
  if (!coerced.ok() || a.is_null() || coerced->is_null()) return false;
  if (a.type() == cim::CimType::kString) return cim::EqualsFolded(a.string(), coerced->string());
  return a == *coerced;
}

}  // namespace

Family FamilyOf(cim::CimType type) {
  switch (type) {
    case cim::CimType::kString:
      return Family::kText;
    case cim::CimType::kBoolean:
      return Family::kBoolean;
    case cim::CimType::kDateTime:
      return Family::kTime;
    case cim::CimType::kReference:
      return Family::kReference;
    case cim::CimType::kObject:
      return Family::kObject;
    default:
      return Family::kNumber;
  }
}

int CompareText(absl::string_view a, absl::string_view b) { return cim::CompareFolded(a, b); }

std::optional<bool> CompareScalars(const cim::Scalar& left, Comparison comparison, const cim::Scalar& right) {
  if (IsNumber(left.kind) && IsNumber(right.kind)) {
    const std::optional<int> order = CompareNumbers(left, right);
    return order.has_value() ? FromOrder(*order, comparison) : std::nullopt;
  }
  if (left.kind != right.kind) return std::nullopt;
  switch (left.kind) {
    case Kind::kText:
      return FromOrder(CompareText(left.text, right.text), comparison);
    case Kind::kPoint:
    case Kind::kInterval:
      return FromOrder(Sign(left.signed_value, right.signed_value), comparison);
    case Kind::kBoolean:
      if (comparison != Comparison::kEqual && comparison != Comparison::kNotEqual) return std::nullopt;
      return (left.unsigned_value == right.unsigned_value) == (comparison == Comparison::kEqual);
    default:
      return std::nullopt;
  }
}

std::optional<bool> CompareValues(const cim::Value& left, Comparison comparison, const cim::Value& right) {
  const bool references = !left.is_null() && !right.is_null() && !left.is_array() && !right.is_array() &&
                          left.type() == cim::CimType::kReference && right.type() == cim::CimType::kReference;
  if (!references) return CompareScalars(cim::Scalar::Of(left), comparison, cim::Scalar::Of(right));
  if (comparison != Comparison::kEqual && comparison != Comparison::kNotEqual) return std::nullopt;
  return SameObject(left.reference(), right.reference()) == (comparison == Comparison::kEqual);
}

bool SameObject(const cim::ObjectPath& a, const cim::ObjectPath& b) {
  if (a == b) return true;
  if (!absl::EqualsIgnoreCase(a.class_name(), b.class_name())) return false;
  if (!a.name_space().empty() && !b.name_space().empty() && !absl::EqualsIgnoreCase(a.name_space(), b.name_space()))
    return false;
  if (a.is_singleton() || b.is_singleton()) return a.is_singleton() == b.is_singleton();
  if (a.keys().size() != b.keys().size()) return false;
  if (a.keys().size() == 1 && (a.keys()[0].first.empty() || b.keys()[0].first.empty()))
    return SameKeyValue(a.keys()[0].second, b.keys()[0].second);
  return std::all_of(a.keys().begin(), a.keys().end(), [&](const cim::ObjectPath::Key& key) {
    const cim::Value* other = b.FindKey(key.first);
    return other != nullptr && SameKeyValue(key.second, *other);
  });
}

}  // namespace cimvisor::wql
