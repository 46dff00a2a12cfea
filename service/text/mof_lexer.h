// Words of MOF (DSP0004 Annex A): tokens with their place in the text.
#ifndef CIMVISOR_SERVICE_TEXT_MOF_LEXER_H_
#define CIMVISOR_SERVICE_TEXT_MOF_LEXER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/value.h"

namespace cimvisor::text {

struct MofPosition {
  int line = 1;
  int column = 1;  // in bytes, from 1
};

struct MofToken {
  enum class Kind {
    kEnd,
    kIdentifier,   // text
    kAlias,        // text, with its '$'
    kString,       // text, unescaped; one literal, not yet concatenated
    kLiteral,      // value: integer (uint64 or sint64), real64 or char16
    kPunctuation,  // text: one of { } [ ] ( ) ; , : =
    kPragma,       // "#pragma"
  };
  Kind kind = Kind::kEnd;
  std::string text;
  cim::Value value;
  MofPosition position;
};

// What a token looks like in an error: "'{'", "the string \"abc\"", "the end".
std::string DescribeToken(const MofToken& token);

// kInvalidArgument (CIM_ERR_INVALID_PARAMETER): "file:line:column: what".
absl::Status MofError(absl::string_view file, MofPosition position, absl::string_view what);

// Cuts a text into tokens. `file` names it in errors. Both must outlive the lexer. Not thread-safe.
class MofLexer {
 public:
  MofLexer(absl::string_view file, absl::string_view text);

  // The next token; kEnd at the end, again and again. Errors give the place and what was expected there.
  absl::StatusOr<MofToken> Next();

  absl::string_view file() const { return file_; }

 private:
  bool AtEnd() const { return offset_ == text_.size(); }
  char Peek(size_t ahead = 0) const { return offset_ + ahead < text_.size() ? text_[offset_ + ahead] : '\0'; }
  void Advance();
  // White space and comments.
  absl::Status SkipBlank();
  absl::StatusOr<MofToken> ReadString(MofToken token);
  absl::StatusOr<MofToken> ReadCharacter(MofToken token);
  absl::StatusOr<MofToken> ReadNumber(MofToken token);
  // After a backslash: the character that it stands for (DSP0004 §7.13.1), as a Unicode code unit.
  absl::StatusOr<uint32_t> ReadEscape();
  MofToken ReadName(MofToken token);

  absl::string_view file_;
  absl::string_view text_;
  size_t offset_ = 0;
  MofPosition position_;
};

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_MOF_LEXER_H_
