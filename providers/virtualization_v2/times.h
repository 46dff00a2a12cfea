// The inventory's times (microseconds since 1970, 0: never) as CIM values.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_TIMES_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_TIMES_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "service/cim/datetime.h"

namespace cimvisor::views {

// Null for 0.
inline std::optional<cim::DateTime> PointInTime(int64_t microseconds) {
  if (microseconds == 0) return std::nullopt;
  return cim::DateTime::FromTime(absl::FromUnixMicros(microseconds));
}

inline cim::DateTime Interval(uint64_t microseconds) {
  return cim::DateTime::FromDuration(absl::Microseconds(microseconds));
}

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_TIMES_H_
