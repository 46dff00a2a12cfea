// Literals of a query as values that a property can be compared with.
#ifndef CIMVISOR_SERVICE_WQL_LITERAL_H_
#define CIMVISOR_SERVICE_WQL_LITERAL_H_

#include "absl/status/statusor.h"
#include "service/cim/value.h"
#include "service/wql/filter.h"

namespace cimvisor::wql {

// `literal` for a comparison with a property of `type`: '33' for a number is 33, 'True' and 1 for a boolean are TRUE, a
// number for a string is its text, a string for a datetime or reference is parsed, as is one for __PATH and __RELPATH
// (`system`). Numbers keep their width: 70000 may be compared with a uint16. kInvalidArgument that says what does not
// fit.
absl::StatusOr<cim::Value> LiteralFor(const cim::Value& literal, cim::CimType type, SystemProperty system);

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_LITERAL_H_
