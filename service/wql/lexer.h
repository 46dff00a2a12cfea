// The words of a query.
//
//   name    = letter { letter | digit }     letter: A-Z a-z _ and everything beyond ASCII
//   number  = [+-] digits [. digits] [e [+-] digits] | 0x hexdigits
//   string  = "'" ... "'" | '"' ... '"'     the quote doubled, or after a backslash, is the quote itself; two
//                                           backslashes are one, any other backslash stands for itself
//   path    = "{" ... "}"                   raw; a brace inside a quoted value does not end it
#ifndef CIMVISOR_SERVICE_WQL_LEXER_H_
#define CIMVISOR_SERVICE_WQL_LEXER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/value.h"

namespace cimvisor::wql {

struct Token {
  enum class Kind : uint8_t { kName, kNumber, kString, kPath, kSymbol, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;   // of a name or symbol as written; of a string or path without its delimiters, unescaped
  cim::Value number;  // kNumber: sint64, uint64 or real64
  size_t offset = 0;

  bool IsSymbol(absl::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
  // True for a name that is this keyword, in any case.
  bool IsKeyword(absl::string_view keyword) const;
};

// The tokens of `text`, the last one kEnd. CIM_ERR_INVALID_QUERY with the place.
absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view text);

}  // namespace cimvisor::wql

#endif  // CIMVISOR_SERVICE_WQL_LEXER_H_
