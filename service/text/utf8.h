// UTF-8 of single Unicode code points, for escapes and characters.
#ifndef CIMVISOR_SERVICE_TEXT_UTF8_H_
#define CIMVISOR_SERVICE_TEXT_UTF8_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace cimvisor::text {

// Appends a code point; a surrogate or a number past U+10FFFF becomes U+FFFD.
void AppendUtf8(uint32_t code_point, std::string* text);

// The code point at the start of `text` and how many bytes it takes. Bytes that are no UTF-8 count one by one as
// U+FFFD. `text` is not empty.
uint32_t DecodeUtf8(absl::string_view text, size_t* bytes);

// True when `text` is UTF-8 throughout.
bool IsValidUtf8(absl::string_view text);

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_UTF8_H_
