// How large a query may be. Each limit has its own message.
#ifndef CIMVISOR_SERVICE_WQL_LIMITS_H_
#define CIMVISOR_SERVICE_WQL_LIMITS_H_

#include <cstddef>

namespace cimvisor::wql {

inline constexpr size_t kMaxQueryBytes = 64 * 1024;
// Parentheses and NOTs inside one another.
inline constexpr int kMaxDepth = 100;
// Of an evaluator: a level of nesting holds at most one operand of an OR and one of an AND while the next is computed.
inline constexpr size_t kEvaluationStackSize = 2 * (static_cast<size_t>(kMaxDepth) + 2);
// Conditions in a WHERE.
inline constexpr int kMaxTerms = 1000;
// Names in a SELECT list.
inline constexpr int kMaxColumns = 1000;

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_LIMITS_H_
