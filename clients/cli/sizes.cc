#include "clients/cli/sizes.h"

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cimvisor::cli {
namespace {

constexpr absl::string_view kUnits = "KMGTP";

}  // namespace

absl::StatusOr<uint64_t> ParseSize(absl::string_view text) {
  const absl::Status bad = absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is no size; write a number with a unit, such as 256M or 4G"));
  size_t digits = 0;
  while (digits < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[digits]))) ++digits;
  uint64_t number = 0;
  if (!absl::SimpleAtoi(text.substr(0, digits), &number)) return bad;
  std::string unit = absl::AsciiStrToUpper(text.substr(digits));
  if (unit.empty() || unit == "B") return number;
  const size_t power = kUnits.find(unit[0]);
  unit.erase(0, 1);
  if (power == absl::string_view::npos || !(unit.empty() || unit == "B" || unit == "IB")) return bad;
  const int shift = 10 * (static_cast<int>(power) + 1);
  if (number > (std::numeric_limits<uint64_t>::max() >> shift)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is larger than a size can be"));
  }
  return number << shift;
}

std::string FormatSize(uint64_t bytes) {
  double number = static_cast<double>(bytes);
  int power = -1;
  while (number >= 1024 && power + 1 < static_cast<int>(kUnits.size())) {
    number /= 1024;
    ++power;
  }
  if (power < 0) return absl::StrCat(bytes);
  const std::string text = absl::StrFormat("%.1f", number);
  return absl::StrCat(absl::string_view(text).substr(text.size() - 2) == ".0" ? text.substr(0, text.size() - 2) : text,
                      kUnits.substr(static_cast<size_t>(power), 1));
}

std::string FormatUptime(int64_t milliseconds) {
  const int64_t seconds = milliseconds / 1000;
  if (seconds < 60) return absl::StrCat(seconds, "s");
  if (seconds < 3600) return absl::StrCat(seconds / 60, "m ", seconds % 60, "s");
  if (seconds < 86400) return absl::StrCat(seconds / 3600, "h ", seconds % 3600 / 60, "m");
  return absl::StrCat(seconds / 86400, "d ", seconds % 86400 / 3600, "h");
}

}  // namespace cimvisor::cli
