// Checks of text that comes from clients: valid UTF-8 of bounded length without control characters.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_TEXT_CHECK_H_
#define CIMVISOR_PROVIDERS_INVENTORY_TEXT_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cimvisor::inventory {

enum class TextKind : uint8_t {
  kSingleLine,  // no control character (U+0000–001F, U+007F–009F) and no line or paragraph separator (U+2028, U+2029)
  kMultiLine,  // the same, but tabs, carriage returns and line feeds are allowed
};

// Checks for valid UTF-8 (RFC 3629: no surrogates, no overlong forms) and counts code points. kInvalidParameter names
// `what`, the place in bytes, and what is wrong there; or, when there are more than `maximum_characters`, both numbers.
absl::Status CheckText(absl::string_view what, absl::string_view text, TextKind kind, size_t maximum_characters);

// Text from a worker or a guest, fit to be kept and shown: what is not valid UTF-8 or a control character becomes '?',
// and it is cut to at most `maximum_bytes`.
std::string PrintableText(absl::string_view text, size_t maximum_bytes);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_TEXT_CHECK_H_
