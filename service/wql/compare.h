// How two values of CIM compare in a WHERE.
#ifndef CIMVISOR_SERVICE_WQL_COMPARE_H_
#define CIMVISOR_SERVICE_WQL_COMPARE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "service/cim/object_path.h"
#include "service/cim/scalar.h"
#include "service/cim/value.h"
#include "service/wql/ast.h"

namespace cimvisor::wql {

// What can be compared with one another.
enum class Family : uint8_t { kNumber, kText, kBoolean, kTime, kReference, kObject };
Family FamilyOf(cim::CimType type);

// Negative, zero or positive: strings by character without regard to case (service/cim/case_fold.h).
int CompareText(absl::string_view a, absl::string_view b);

// `left comparison right` for two scalars of one family; empty when unknown: a null, a NaN, a point in time against an
// interval, an order that the family has not. Numbers of all widths and signs compare by value, without loss.
std::optional<bool> CompareValues(const cim::Value& left, Comparison comparison, const cim::Value& right);

// The same for what has a scalar form.
std::optional<bool> CompareScalars(const cim::Scalar& left, Comparison comparison, const cim::Scalar& right);

// Paths as a client means them: a namespace or key name that one of the two leaves out is not compared.
bool SameObject(const cim::ObjectPath& a, const cim::ObjectPath& b);

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_COMPARE_H_
