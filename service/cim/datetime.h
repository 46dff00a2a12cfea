// CIM datetime: a point in time or an interval (DSP0004 §5.2.4).
#ifndef CIMVISOR_SERVICE_CIM_DATETIME_H_
#define CIMVISOR_SERVICE_CIM_DATETIME_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cimvisor::cim {

// Text forms, 25 characters each:
//   yyyymmddhhmmss.mmmmmmsutc  a point; s is + or -, utc the offset in minutes
//   ddddddddhhmmss.mmmmmm:000  an interval
// Fields of asterisks ("not significant") are accepted from the right and read as zero.
class DateTime {
 public:
  DateTime() = default;  // the interval of zero

  static DateTime FromTime(absl::Time time, int utc_offset_minutes = 0);
  static DateTime FromDuration(absl::Duration duration);
  // kInvalidArgument that names the field that is wrong.
  static absl::StatusOr<DateTime> Parse(absl::string_view text);

  bool is_interval() const { return is_interval_; }
  // For a point: microseconds since 1970-01-01T00:00:00Z. For an interval: its length in microseconds.
  int64_t microseconds() const { return microseconds_; }
  int utc_offset_minutes() const { return utc_offset_minutes_; }
  absl::Time ToTime() const { return absl::FromUnixMicros(microseconds_); }
  absl::Duration ToDuration() const { return absl::Microseconds(microseconds_); }
  std::string ToText() const;

  // Points compare as instants (the offset does not matter); a point and an interval are never equal.
  friend bool operator==(const DateTime& a, const DateTime& b) {
    return a.is_interval_ == b.is_interval_ && a.microseconds_ == b.microseconds_;
  }

 private:
  int64_t microseconds_ = 0;
  int16_t utc_offset_minutes_ = 0;
  bool is_interval_ = true;
};

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_DATETIME_H_
