#include "service/wql/query_error.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace cimvisor::wql {
namespace {

// How much of a long query an error shows on each side of the place.
constexpr size_t kContextBytes = 60;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

size_t CodePoints(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

}  // namespace

absl::Status QueryError(absl::string_view text, size_t offset, absl::string_view message, cim::CimStatus status) {
  offset = std::min(offset, text.size());
  size_t begin = offset > kContextBytes ? offset - kContextBytes : 0;
  size_t end = std::min(text.size(), offset + kContextBytes);
  while (begin < offset && IsContinuation(text[begin])) ++begin;
  while (end > offset && end < text.size() && IsContinuation(text[end])) --end;

  std::string shown(text.substr(begin, end - begin));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  const absl::string_view before = begin > 0 ? "..." : "";
  const absl::string_view after = end < text.size() ? "..." : "";
  const size_t indent = before.size() + CodePoints(text.substr(begin, offset - begin));
  return cim::CimError(
      status, absl::StrCat("the query is not valid: ", message, ", at column ", CodePoints(text.substr(0, offset)) + 1,
                           "\n  ", before, shown, after, "\n  ", std::string(indent, ' '), "^"));
}

}  // namespace cimvisor::wql
