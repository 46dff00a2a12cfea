// Reading and making the values of instances in plain form.
#ifndef CIMVISOR_CLIENTS_CPP_VALUES_H_
#define CIMVISOR_CLIENTS_CPP_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "cimvisor/v1/types.pb.h"

namespace cimvisor::client {

using cimvisor::v1::Instance;
using cimvisor::v1::Property;
using cimvisor::v1::Value;

bool IsNull(const Value& value);

// The property without regard to case; null when the instance has none of that name.
const Value* Find(const Instance& instance, absl::string_view name);
// "" when absent or null.
std::string Text(const Instance& instance, absl::string_view name);
// Nothing when absent, null or no integer.
std::optional<int64_t> Integer(const Instance& instance, absl::string_view name);

// A value as a person reads it: strings bare, arrays as "{1, 2}", null as "".
std::string ToText(const Value& value);

Value TextValue(absl::string_view text);
Value UnsignedValue(uint64_t number);
Value BooleanValue(bool boolean);
Value ReferenceValue(absl::string_view path);
Value ObjectValue(Instance instance);

// Adds or replaces a property.
void Set(Instance& instance, absl::string_view name, Value value);

// A named value for InvokeMethod.
Property Parameter(absl::string_view name, Value value);

// The value of a key in an object path ("Name" of …Msvm_ComputerSystem.CreationClassName="…",Name="X"), unescaped; ""
// when absent.
std::string KeyOfPath(absl::string_view path, absl::string_view key);

// `text` with " and \ escaped for a quoted string in WQL or in an object path.
std::string Quote(absl::string_view text);

}  // namespace cimvisor::client

#endif  // CIMVISOR_CLIENTS_CPP_VALUES_H_
