#include "service/wql/like.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cimvisor::wql {
namespace {

// Takes the first code point of `*text` off. A byte that begins no valid sequence stands for itself, so that hostile
// text is matched byte by byte rather than refused.
char32_t TakeCodePoint(absl::string_view* text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>((*text)[i]); };
  const unsigned char first = byte(0);
  size_t length = 1;
  char32_t value = first;
  if (first >= 0xF0 && first < 0xF8) {
    length = 4;
    value = first & 0x07U;
  } else if (first >= 0xE0 && first < 0xF0) {
    length = 3;
    value = first & 0x0FU;
  } else if (first >= 0xC0 && first < 0xE0) {
    length = 2;
    value = first & 0x1FU;
  }
  bool valid = length <= text->size();
  for (size_t i = 1; valid && i < length; ++i) {
    valid = (byte(i) & 0xC0) == 0x80;
    value = (value << 6) | (byte(i) & 0x3FU);
  }
  if (!valid) {
    length = 1;
    value = first;
  }
  text->remove_prefix(length);
  return value;
}

char32_t Fold(char32_t character) { return character >= 'A' && character <= 'Z' ? character - 'A' + 'a' : character; }

}  // namespace

absl::StatusOr<LikePattern> LikePattern::Compile(absl::string_view pattern) {
  LikePattern compiled;
  absl::string_view rest = pattern;
  while (!rest.empty()) {
    const absl::string_view before = rest;
    const char32_t c = TakeCodePoint(&rest);
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
        const char32_t low = TakeCodePoint(&rest);
        char32_t high = low;
        if (rest.size() >= 2 && rest[0] == '-' && rest[1] != ']') {
          rest.remove_prefix(1);
          high = TakeCodePoint(&rest);
        }
        if (high < low) return absl::InvalidArgumentError("a range in [ ] begins after its end");
        element.ranges.emplace_back(low, high);
      }
      if (rest.empty()) return absl::InvalidArgumentError("[ has no closing ]; write [[] for the character itself");
      if (element.ranges.empty()) return absl::InvalidArgumentError("[ ] is empty");
      rest.remove_prefix(1);
    } else {
      element.character = Fold(c);
      if (compiled.is_literal_) absl::StrAppend(&compiled.prefix_, before.substr(0, before.size() - rest.size()));
    }
    compiled.elements_.push_back(std::move(element));
  }
  return compiled;
}

bool LikePattern::MatchesOne(const Element& element, char32_t character) {
  switch (element.kind) {
    case Element::Kind::kCharacter:
      return element.character == Fold(character);
    case Element::Kind::kAnyCharacter:
      return true;
    case Element::Kind::kAnyRun:
      return false;
    case Element::Kind::kSet:
      break;
  }
  const char32_t lower = Fold(character);
  const char32_t upper = lower >= 'a' && lower <= 'z' ? lower - 'a' + 'A' : lower;
  for (const auto& [low, high] : element.ranges) {
    if ((lower >= low && lower <= high) || (upper >= low && upper <= high)) return !element.negated;
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
    if (at < elements_.size() && MatchesOne(elements_[at], TakeCodePoint(&rest))) {
      ++at;
      text = rest;
      continue;
    }
    if (!can_retry) return false;
    TakeCodePoint(&retry_text);
    text = retry_text;
    at = retry_at;
  }
  while (at < elements_.size() && elements_[at].kind == Element::Kind::kAnyRun) ++at;
  return at == elements_.size();
}

}  // namespace cimvisor::wql
