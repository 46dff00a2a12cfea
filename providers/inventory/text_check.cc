#include "providers/inventory/text_check.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "providers/inventory/errors.h"

namespace cimvisor::inventory {
namespace {

struct CodePoint {
  uint32_t value = 0;
  size_t length = 0;  // bytes; 0: not valid UTF-8
};

// The code point at the beginning of `text`, which is not empty (RFC 3629 §4).
CodePoint Decode(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i])); };
  const uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  size_t length = 0;
  uint32_t value = 0;
  uint32_t smallest = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
    value = first & 0x1F;
    smallest = 0x80;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    value = first & 0x0F;
    smallest = 0x800;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    value = first & 0x07;
    smallest = 0x10000;
  }
  if (length == 0 || text.size() < length) return {};
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = (value << 6) | (byte(i) & 0x3F);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest || value > 0x10FFFF || surrogate) return {};
  return {value, length};
}

bool IsAllowed(uint32_t value, TextKind kind) {
  if (kind == TextKind::kMultiLine && (value == '\t' || value == '\n' || value == '\r')) return true;
  return value >= 0x20 && !(value >= 0x7F && value <= 0x9F) && value != 0x2028 && value != 0x2029;
}

}  // namespace

absl::Status CheckText(absl::string_view what, absl::string_view text, TextKind kind, size_t maximum_characters) {
  size_t characters = 0;
  for (size_t place = 0; place < text.size(); ++characters) {
    const CodePoint next = Decode(text.substr(place));
    if (next.length == 0) {
      return InventoryError(ErrorKind::kInvalidParameter,
                            absl::StrCat(what, " is not valid UTF-8 at byte ", place, ": send it as UTF-8"));
    }
    if (!IsAllowed(next.value, kind)) {
      return InventoryError(
          ErrorKind::kInvalidParameter,
          absl::StrCat(what, absl::StrFormat(" has the control character U+%04X at byte ", next.value), place,
                       ": leave it out"));
    }
    place += next.length;
  }
  if (characters > maximum_characters) {
    return InventoryError(ErrorKind::kInvalidParameter, absl::StrCat(what, " has ", characters, " characters: at most ",
                                                                     maximum_characters, " are allowed"));
  }
  return absl::OkStatus();
}

std::string PrintableText(absl::string_view text, size_t maximum_bytes) {
  std::string result;
  while (!text.empty()) {
    const CodePoint next = Decode(text);
    const bool printable = next.length > 0 && IsAllowed(next.value, TextKind::kSingleLine);
    const absl::string_view piece = printable ? text.substr(0, next.length) : absl::string_view("?");
    if (result.size() + piece.size() > maximum_bytes) break;
    absl::StrAppend(&result, piece);
    text.remove_prefix(next.length == 0 ? 1 : next.length);
  }
  return result;
}

}  // namespace cimvisor::inventory
