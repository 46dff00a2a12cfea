#include "service/text/utf8.h"

namespace cimvisor::text {
namespace {

constexpr uint32_t kReplacement = 0xFFFD;

bool IsCodePoint(uint32_t code) { return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF); }

}  // namespace

void AppendUtf8(uint32_t code_point, std::string* text) {
  if (!IsCodePoint(code_point)) code_point = kReplacement;
  auto append = [text](uint32_t byte) { text->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    append(code_point);
    return;
  }
  if (code_point < 0x800) {
    append(0xC0 | (code_point >> 6));
  } else {
    if (code_point < 0x10000) {
      append(0xE0 | (code_point >> 12));
    } else {
      append(0xF0 | (code_point >> 18));
      append(0x80 | ((code_point >> 12) & 0x3F));
    }
    append(0x80 | ((code_point >> 6) & 0x3F));
  }
  append(0x80 | (code_point & 0x3F));
}

uint32_t DecodeUtf8(absl::string_view text, size_t* bytes) {
  *bytes = 1;
  auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return first;
  size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return kReplacement;
  uint32_t code = first & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return kReplacement;
    code = (code << 6) | (next & 0x3F);
  }
  bool is_shortest = code >= (length == 2 ? 0x80U : length == 3 ? 0x800U : 0x10000U);
  if (!is_shortest || !IsCodePoint(code)) return kReplacement;
  *bytes = length;
  return code;
}

bool IsValidUtf8(absl::string_view text) {
  while (!text.empty()) {
    size_t bytes = 1;
    bool is_replaced = DecodeUtf8(text, &bytes) == kReplacement;
    if (is_replaced && bytes == 1) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

}  // namespace cimvisor::text
