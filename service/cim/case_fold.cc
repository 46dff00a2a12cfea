#include "service/cim/case_fold.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "absl/strings/ascii.h"

namespace cimvisor::cim {
namespace {

constexpr unsigned char kFirstNonAscii = 0x80;

unsigned char ByteAt(absl::string_view text, size_t i) { return static_cast<unsigned char>(text[i]); }

unsigned char FoldAscii(unsigned char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte - 'A' + 'a') : byte;
}

// How many bytes at the beginning are ASCII in both and equal but for case.
size_t CommonAscii(absl::string_view a, absl::string_view b) {
  const size_t shorter = std::min(a.size(), b.size());
  size_t i = 0;
  while (i < shorter) {
    const unsigned char left = ByteAt(a, i);
    const unsigned char right = ByteAt(b, i);
    if ((left | right) >= kFirstNonAscii || FoldAscii(left) != FoldAscii(right)) break;
    ++i;
  }
  return i;
}

}  // namespace

char32_t TakeCodePoint(absl::string_view* text) {
  const auto byte = [&](size_t i) { return ByteAt(*text, i); };
  const unsigned char first = byte(0);
  size_t length = 1;
  char32_t value = first;
  char32_t smallest = 0;  // what needs so many bytes
  if (first >= 0xF0 && first < 0xF8) {
    length = 4;
    value = first & 0x07U;
    smallest = 0x10000;
  } else if (first >= 0xE0 && first < 0xF0) {
    length = 3;
    value = first & 0x0FU;
    smallest = 0x800;
  } else if (first >= 0xC0 && first < 0xE0) {
    length = 2;
    value = first & 0x1FU;
    smallest = 0x80;
  }
  bool valid = length <= text->size();
  for (size_t i = 1; valid && i < length; ++i) {
    valid = (byte(i) & 0xC0) == 0x80;
    value = (value << 6) | (byte(i) & 0x3FU);
  }
  if (!valid || value < smallest || value > 0x10FFFF) {
    length = 1;
    value = first;
  }
  text->remove_prefix(length);
  return value;
}

char32_t FoldCase(char32_t character) {
  if (character < kFirstNonAscii) return FoldAscii(static_cast<unsigned char>(character));
  return static_cast<char32_t>(u_foldCase(static_cast<UChar32>(character), U_FOLD_CASE_DEFAULT));
}

int CompareFolded(absl::string_view a, absl::string_view b) {
  const size_t common = CommonAscii(a, b);
  a.remove_prefix(common);
  b.remove_prefix(common);
  while (!a.empty() && !b.empty()) {
    const char32_t left = FoldCase(TakeCodePoint(&a));
    const char32_t right = FoldCase(TakeCodePoint(&b));
    if (left != right) return left < right ? -1 : 1;
  }
  if (a.empty() && b.empty()) return 0;
  return a.empty() ? -1 : 1;
}

bool StartsWithFolded(absl::string_view text, absl::string_view prefix) {
  const size_t common = CommonAscii(text, prefix);
  text.remove_prefix(common);
  prefix.remove_prefix(common);
  while (!text.empty() && !prefix.empty()) {
    if (FoldCase(TakeCodePoint(&text)) != FoldCase(TakeCodePoint(&prefix))) return false;
  }
  return prefix.empty();
}

std::string FoldText(absl::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  while (!text.empty()) {
    const absl::string_view before = text;
    const char32_t character = TakeCodePoint(&text);
    const char32_t lower = FoldCase(character);
    if (lower == character) {
      folded.append(before.data(), before.size() - text.size());
    } else if (lower < 0x80) {
      folded.push_back(static_cast<char>(lower));
    } else if (lower < 0x800) {
      folded.push_back(static_cast<char>(0xC0U | (lower >> 6)));
      folded.push_back(static_cast<char>(0x80U | (lower & 0x3FU)));
    } else if (lower < 0x10000) {
      folded.push_back(static_cast<char>(0xE0U | (lower >> 12)));
      folded.push_back(static_cast<char>(0x80U | ((lower >> 6) & 0x3FU)));
      folded.push_back(static_cast<char>(0x80U | (lower & 0x3FU)));
    } else {
      folded.push_back(static_cast<char>(0xF0U | (lower >> 18)));
      folded.push_back(static_cast<char>(0x80U | ((lower >> 12) & 0x3FU)));
      folded.push_back(static_cast<char>(0x80U | ((lower >> 6) & 0x3FU)));
      folded.push_back(static_cast<char>(0x80U | (lower & 0x3FU)));
    }
  }
  return folded;
}

}  // namespace cimvisor::cim
