// What a request id remembers: the result of a method or the path of a change, as bytes.
//
//   outcome   = version:u8 (1) kind:u8 ("M" method | "P" path) body
//   M body    = return_value:u32 count:u32 { name:text value } error:value     error is an object or null
//   P body    = path:text
//   value     = type:u8 shape:u8 (0 null scalar, 1 scalar, 2 array, 3 null array) data
//   scalar    = boolean: u8 | unsigned, signed (two's complement), real (bits): u64 | string, datetime, reference: text
//             | object: namespace:text class:text count:u32 { name:text mentioned:u8 value }
//   array     = count:u32 { value }
//   text      = length:u32 bytes
//
// Numbers are little-endian. Out parameters and properties stand by name, so that a program with a newer schema still
// reads them.
#ifndef CIMVISOR_SERVICE_BROKER_OUTCOME_H_
#define CIMVISOR_SERVICE_BROKER_OUTCOME_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/broker/provider.h"
#include "service/cim/class_repository.h"
#include "service/cim/object_path.h"
#include "service/cim/value.h"

namespace cimvisor::broker {

// kDataLoss when the bytes are none of SerializeOutcome (provider.h), of another version, or name an unknown class.
absl::StatusOr<MethodResult> DeserializeOutcome(const cim::Method& method, absl::string_view bytes,
                                                const cim::ClassRepository& classes);
absl::StatusOr<cim::ObjectPath> DeserializePathOutcome(absl::string_view bytes);

// The bytes of a value, for hashes too: the same value always has the same bytes.
void AppendValue(const cim::Value& value, std::string* bytes);
void AppendText(absl::string_view text, std::string* bytes);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_OUTCOME_H_
