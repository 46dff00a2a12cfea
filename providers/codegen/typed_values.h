// Between cim::Value and the C++ types of the generated code: bool, uint8_t … int64_t, float, double, char16_t, enum
// classes of value maps, strings, cim::DateTime, references and embedded instances, and vectors of them.
#ifndef CIMVISOR_PROVIDERS_CODEGEN_TYPED_VALUES_H_
#define CIMVISOR_PROVIDERS_CODEGEN_TYPED_VALUES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/cim/instance.h"
#include "service/cim/object_path.h"
#include "service/cim/value.h"

namespace cimvisor::msvm {

using InstancePointer = std::shared_ptr<const cim::Instance>;

// The CIM type that a C++ type of the generated code stands for.
template <typename T>
constexpr cim::CimType CimTypeOf() {
  if constexpr (std::is_enum_v<T>) {
    return CimTypeOf<std::underlying_type_t<T>>();
  } else if constexpr (std::is_same_v<T, bool>) {
    return cim::CimType::kBoolean;
  } else if constexpr (std::is_same_v<T, char16_t>) {
    return cim::CimType::kChar16;
  } else if constexpr (std::is_integral_v<T>) {
    constexpr int kWidth = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    constexpr cim::CimType kFirst = std::is_signed_v<T> ? cim::CimType::kSint8 : cim::CimType::kUint8;
    return static_cast<cim::CimType>(static_cast<int>(kFirst) + kWidth);
  } else if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 4 ? cim::CimType::kReal32 : cim::CimType::kReal64;
  } else if constexpr (std::is_same_v<T, cim::DateTime>) {
    return cim::CimType::kDateTime;
  } else if constexpr (std::is_same_v<T, cim::ObjectPath>) {
    return cim::CimType::kReference;
  } else if constexpr (std::is_same_v<T, InstancePointer>) {
    return cim::CimType::kObject;
  } else {
    return cim::CimType::kString;
  }
}

// `value` is not null and of the type CimTypeOf<T>.
template <typename T>
T FromValue(const cim::Value& value) {
  if constexpr (std::is_enum_v<T>) {
    return static_cast<T>(FromValue<std::underlying_type_t<T>>(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    return value.boolean();
  } else if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_signed_v<T>) {
      return static_cast<T>(value.signed_value());
    } else {
      return static_cast<T>(value.unsigned_value());
    }
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value.real());
  } else if constexpr (std::is_same_v<T, cim::DateTime>) {
    return value.datetime();
  } else if constexpr (std::is_same_v<T, cim::ObjectPath>) {
    return value.reference();
  } else if constexpr (std::is_same_v<T, InstancePointer>) {
    return value.object();
  } else {
    return T(value.string().data(), value.string().size());
  }
}

template <typename T>
cim::Value ToValue(T item) {
  if constexpr (std::is_enum_v<T>) {
    return ToValue(static_cast<std::underlying_type_t<T>>(item));
  } else if constexpr (std::is_same_v<T, bool>) {
    return cim::Value::Boolean(item);
  } else if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_signed_v<T>) {
      return cim::Value::Signed(CimTypeOf<T>(), item);
    } else {
      return cim::Value::Unsigned(CimTypeOf<T>(), item);
    }
  } else if constexpr (std::is_floating_point_v<T>) {
    return cim::Value::Real(CimTypeOf<T>(), static_cast<double>(item));
  } else if constexpr (std::is_same_v<T, cim::DateTime>) {
    return cim::Value::Time(item);
  } else if constexpr (std::is_same_v<T, cim::ObjectPath>) {
    return cim::Value::Reference(std::move(item));
  } else if constexpr (std::is_same_v<T, InstancePointer>) {
    return cim::Value::Object(std::move(item));
  } else {
    return cim::Value::String(std::string(item));
  }
}

// Null becomes nullopt; a null element of an array the default of its type.
template <typename T>
std::optional<T> ScalarFrom(const cim::Value& value) {
  if (value.is_null()) return std::nullopt;
  return FromValue<T>(value);
}

template <typename T>
std::optional<std::vector<T>> ArrayFrom(const cim::Value& value) {
  if (value.is_null()) return std::nullopt;
  std::vector<T> items;
  items.reserve(value.elements().size());
  for (const cim::Value& element : value.elements()) items.push_back(element.is_null() ? T() : FromValue<T>(element));
  return items;
}

inline const cim::ObjectPath* ReferenceFrom(const cim::Value& value) {
  return value.is_null() ? nullptr : &value.reference();
}

inline InstancePointer ObjectFrom(const cim::Value& value) { return value.is_null() ? nullptr : value.object(); }

template <typename T>
cim::Value ScalarValue(std::optional<T> item) {
  return item.has_value() ? ToValue<T>(*std::move(item)) : cim::Value::Null(CimTypeOf<T>());
}

template <typename T>
cim::Value ArrayValue(std::optional<std::vector<T>> items) {
  if (!items.has_value()) return cim::Value::Null(CimTypeOf<T>(), true);
  std::vector<cim::Value> elements;
  elements.reserve(items->size());
  for (T item : *items) elements.push_back(ToValue<T>(std::move(item)));
  return cim::Value::Array(CimTypeOf<T>(), std::move(elements));
}

}  // namespace cimvisor::msvm

#endif  // CIMVISOR_PROVIDERS_CODEGEN_TYPED_VALUES_H_
