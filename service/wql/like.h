// LIKE patterns of WQL: % any run, _ any one character, [a-z] one of, [^a-z] none of ([a=f] is the range [a-f],
// as WMI's manual writes it). Characters are Unicode code points; letters match without regard to case.
#ifndef CIMVISOR_SERVICE_WQL_LIKE_H_
#define CIMVISOR_SERVICE_WQL_LIKE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cimvisor::wql {

// Immutable; matching costs at most the length of the text times that of the pattern, with no recursion.
class LikePattern {
 public:
  LikePattern() = default;  // matches only the empty string

  // kInvalidArgument for an unclosed or empty [ ], or a range whose ends are turned round.
  static absl::StatusOr<LikePattern> Compile(absl::string_view pattern);

  bool Matches(absl::string_view text) const;

  // The literal text before the first wildcard, in the pattern's spelling.
  const std::string& prefix() const { return prefix_; }
  // True when there is no wildcard: the pattern is an equality.
  bool is_literal() const { return is_literal_; }

 private:
  struct Element {
    enum class Kind : uint8_t { kCharacter, kAnyCharacter, kAnyRun, kSet };
    Kind kind = Kind::kCharacter;
    char32_t character = 0;  // folded
    bool negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;  // inclusive
  };
  static bool MatchesOne(const Element& element, char32_t character);

  std::vector<Element> elements_;
  std::string prefix_;
  bool is_literal_ = true;
};

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_LIKE_H_
