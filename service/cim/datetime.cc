#include "service/cim/datetime.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace cimvisor::cim {
namespace {

constexpr size_t kTextLength = 25;
constexpr int64_t kSecond = 1000000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kLongestInterval = 100000000 * kDay - 1;  // 99999999 days, 23:59:59.999999
constexpr int kLargestOffset = 999;                         // three digits

int64_t CivilMicroseconds(absl::CivilSecond civil) { return (civil - absl::CivilSecond(1970, 1, 1)) * kSecond; }

// The first and last moments that four digits of year can write.
int64_t FirstMoment() { return CivilMicroseconds(absl::CivilSecond(0, 1, 1)); }
int64_t LastMoment() { return CivilMicroseconds(absl::CivilSecond(10000, 1, 1)) - 1; }

absl::Status Wrong(absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("datetime '", text.substr(0, 64), "': ", what,
                                                 "; expected yyyymmddhhmmss.mmmmmmsutc or ddddddddhhmmss.mmmmmm:000"));
}

// With leading zeros. By hand: an enumeration writes several times for each of its rows.
void AppendDigits(int64_t value, size_t digits, std::string& text) {
  const size_t begin = text.size();
  text.append(digits, '0');
  for (size_t i = begin + digits; i > begin && value > 0; value /= 10) text[--i] = static_cast<char>('0' + value % 10);
}

// Reads fields from left to right; after the first field of asterisks all others must be asterisks too.
class FieldReader {
 public:
  explicit FieldReader(absl::string_view text) : text_(text) {}

  // `when_not_significant` is the value of a field of asterisks.
  int64_t Read(size_t offset, size_t length, absl::string_view name, int64_t low, int64_t high,
               int64_t when_not_significant) {
    if (!status_.ok()) return 0;
    absl::string_view field = text_.substr(offset, length);
    if (field.find_first_not_of('*') == absl::string_view::npos) {
      not_significant_ = true;
      return when_not_significant;
    }
    if (not_significant_) {
      status_ = Wrong(text_, absl::StrCat("the ", name, " stands right of a field of asterisks"));
      return 0;
    }
    int64_t value = 0;
    for (char c : field) {
      if (c < '0' || c > '9') {
        status_ = Wrong(text_, absl::StrCat("the ", name, " '", field, "' is not a number"));
        return 0;
      }
      value = value * 10 + (c - '0');
    }
    if (value < low || value > high) {
      status_ = Wrong(text_, absl::StrCat("the ", name, " is ", value, ", not in ", low, "..", high));
    }
    return value;
  }

  // Microseconds may end in asterisks that stand for single digits.
  int64_t ReadMicroseconds(size_t offset) {
    if (!status_.ok()) return 0;
    absl::string_view field = text_.substr(offset, 6);
    size_t digits = std::min(field.find('*'), field.size());
    if (field.find_first_not_of('*', digits) != absl::string_view::npos || (digits > 0 && not_significant_)) {
      status_ = Wrong(text_, "digits of the microseconds stand right of an asterisk");
      return 0;
    }
    int64_t value = 0;
    for (size_t i = 0; i < field.size(); ++i) {
      char c = i < digits ? field[i] : '0';
      if (c < '0' || c > '9') {
        status_ = Wrong(text_, "the microseconds are not a number");
        return 0;
      }
      value = value * 10 + (c - '0');
    }
    return value;
  }

  const absl::Status& status() const { return status_; }

 private:
  absl::string_view text_;
  absl::Status status_;
  bool not_significant_ = false;
};

}  // namespace

DateTime DateTime::FromTime(absl::Time time, int utc_offset_minutes) {
  DateTime result;
  result.is_interval_ = false;
  result.utc_offset_minutes_ = static_cast<int16_t>(std::clamp(utc_offset_minutes, -kLargestOffset, kLargestOffset));
  int64_t offset = result.utc_offset_minutes_ * kMinute;
  result.microseconds_ = std::clamp(absl::ToUnixMicros(time), FirstMoment() - offset, LastMoment() - offset);
  return result;
}

DateTime DateTime::FromDuration(absl::Duration duration) {
  DateTime result;
  result.microseconds_ = std::clamp(absl::ToInt64Microseconds(duration), int64_t{0}, kLongestInterval);
  return result;
}

absl::StatusOr<DateTime> DateTime::Parse(absl::string_view text) {
  if (text.size() != kTextLength) return Wrong(text, absl::StrCat("it has ", text.size(), " characters, not 25"));
  if (text[14] != '.') return Wrong(text, "character 15 is not '.'");
  FieldReader reader(text);
  DateTime result;
  if (text[21] == ':') {
    int64_t days = reader.Read(0, 8, "number of days", 0, 99999999, 0);
    int64_t hours = reader.Read(8, 2, "hour", 0, 23, 0);
    int64_t minutes = reader.Read(10, 2, "minute", 0, 59, 0);
    int64_t seconds = reader.Read(12, 2, "second", 0, 59, 0);
    int64_t micros = reader.ReadMicroseconds(15);
    if (!reader.status().ok()) return reader.status();
    if (text.substr(22) != "000") return Wrong(text, "an interval ends in ':000'");
    result.microseconds_ = days * kDay + hours * kHour + minutes * kMinute + seconds * kSecond + micros;
    return result;
  }
  if (text[21] != '+' && text[21] != '-') return Wrong(text, "character 22 is not '+', '-' or ':'");
  int64_t year = reader.Read(0, 4, "year", 0, 9999, 0);
  int64_t month = reader.Read(4, 2, "month", 1, 12, 1);
  int64_t day = reader.Read(6, 2, "day", 1, 31, 1);
  int64_t hour = reader.Read(8, 2, "hour", 0, 23, 0);
  int64_t minute = reader.Read(10, 2, "minute", 0, 59, 0);
  int64_t second = reader.Read(12, 2, "second", 0, 59, 0);
  int64_t micros = reader.ReadMicroseconds(15);
  if (!reader.status().ok()) return reader.status();
  FieldReader zone(text);
  int64_t offset = zone.Read(22, 3, "UTC offset", 0, kLargestOffset, 0);
  if (!zone.status().ok()) return zone.status();
  absl::CivilSecond civil(year, month, day, hour, minute, second);
  if (civil.day() != day) return Wrong(text, absl::StrCat("the month has no day ", day));
  result.is_interval_ = false;
  result.utc_offset_minutes_ = static_cast<int16_t>(text[21] == '-' ? -offset : offset);
  result.microseconds_ = CivilMicroseconds(civil) + micros - result.utc_offset_minutes_ * kMinute;
  return result;
}

std::string DateTime::ToText() const {
  std::string text;
  text.reserve(kTextLength);
  if (is_interval_) {
    AppendDigits(microseconds_ / kDay, 8, text);
    AppendDigits(microseconds_ / kHour % 24, 2, text);
    AppendDigits(microseconds_ / kMinute % 60, 2, text);
    AppendDigits(microseconds_ / kSecond % 60, 2, text);
    text += '.';
    AppendDigits(microseconds_ % kSecond, 6, text);
    text += ":000";
    return text;
  }
  int64_t local = microseconds_ + utc_offset_minutes_ * kMinute;
  int64_t micros = local % kSecond;
  if (micros < 0) micros += kSecond;
  const absl::CivilSecond civil = absl::CivilSecond(1970, 1, 1) + (local - micros) / kSecond;
  AppendDigits(civil.year(), 4, text);
  AppendDigits(civil.month(), 2, text);
  AppendDigits(civil.day(), 2, text);
  AppendDigits(civil.hour(), 2, text);
  AppendDigits(civil.minute(), 2, text);
  AppendDigits(civil.second(), 2, text);
  text += '.';
  AppendDigits(micros, 6, text);
  text += utc_offset_minutes_ < 0 ? '-' : '+';
  AppendDigits(utc_offset_minutes_ < 0 ? -utc_offset_minutes_ : utc_offset_minutes_, 3, text);
  return text;
}

}  // namespace cimvisor::cim
