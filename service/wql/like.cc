#include "service/wql/like.h"

#include <unicode/uchar.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/cim/case_fold.h"

namespace cimvisor::wql {
absl::StatusOr<LikePattern> LikePattern::Compile(absl::string_view pattern) {
  LikePattern compiled;
  absl::string_view rest = pattern;
  while (!rest.empty()) {
    const absl::string_view before = rest;
    const char32_t c = cim::TakeCodePoint(&rest);
    Element element;
    if (c == '%') {
      element.kind = Element::Kind::kAnyRun;
      compiled.is_literal_ = false;
      if (!compiled.elements_.empty() && compiled.elements_.back().kind == Element::Kind::kAnyRun) continue;
    } else if (c == '_') {
      element.kind = Element::Kind::kAnyCharacter;
      compiled.is_literal_ = false;
    } else if (c == '[') {
      element.kind = Element::Kind::kSet;
      compiled.is_literal_ = false;
      if (!rest.empty() && rest.front() == '^') {
        element.negated = true;
        rest.remove_prefix(1);
      }
      while (!rest.empty() && rest.front() != ']') {
        const char32_t low = cim::TakeCodePoint(&rest);
        char32_t high = low;
        // WMI's manual writes a range as [a=f]; between two characters of a set of three it means that.
        const bool equals_range = element.ranges.empty() && rest.size() >= 3 && rest[0] == '=' && rest[2] == ']';
        if (rest.size() >= 2 && (rest[0] == '-' || equals_range) && rest[1] != ']') {
          rest.remove_prefix(1);
          high = cim::TakeCodePoint(&rest);
        }
        if (high < low) return absl::InvalidArgumentError("a range in [ ] begins after its end");
        element.ranges.emplace_back(low, high);
      }
      if (rest.empty()) return absl::InvalidArgumentError("[ has no closing ]; write [[] for the character itself");
      if (element.ranges.empty()) return absl::InvalidArgumentError("[ ] is empty");
      rest.remove_prefix(1);
    } else {
      element.character = cim::FoldCase(c);
      if (compiled.is_literal_) absl::StrAppend(&compiled.prefix_, before.substr(0, before.size() - rest.size()));
    }
    compiled.elements_.push_back(std::move(element));
  }
  return compiled;
}

bool LikePattern::MatchesOne(const Element& element, char32_t character) {
  switch (element.kind) {
    case Element::Kind::kCharacter:
      return element.character == cim::FoldCase(character);
    case Element::Kind::kAnyCharacter:
      return true;
    case Element::Kind::kAnyRun:
      return false;
    case Element::Kind::kSet:
      break;
  }
  const char32_t lower = cim::FoldCase(character);
  const auto upper = static_cast<char32_t>(u_toupper(static_cast<UChar32>(lower)));
  for (const auto& [low, high] : element.ranges) {
    for (const char32_t c : {character, lower, upper}) {
      if (c >= low && c <= high) return !element.negated;
    }
  }
  return element.negated;
}

bool LikePattern::Matches(absl::string_view text) const {
  // Greedy, with one place to come back to: only the last % ever needs to take more.
  size_t at = 0;
  size_t retry_at = 0;
  absl::string_view retry_text;
  bool can_retry = false;
  while (!text.empty()) {
    if (at < elements_.size() && elements_[at].kind == Element::Kind::kAnyRun) {
      can_retry = true;
      retry_at = ++at;
      retry_text = text;
      continue;
    }
    absl::string_view rest = text;
    if (at < elements_.size() && MatchesOne(elements_[at], cim::TakeCodePoint(&rest))) {
      ++at;
      text = rest;
      continue;
    }
    if (!can_retry) return false;
    cim::TakeCodePoint(&retry_text);
    text = retry_text;
    at = retry_at;
  }
  while (at < elements_.size() && elements_[at].kind == Element::Kind::kAnyRun) ++at;
  return at == elements_.size();
}

}  // namespace cimvisor::wql
