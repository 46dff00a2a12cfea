#include "service/text/mof_lexer.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/text/utf8.h"

namespace cimvisor::text {
namespace {

bool IsNameStart(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool IsNameByte(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool ParseInBase(absl::string_view digits, uint64_t base, uint64_t* result) {
  *result = 0;
  for (char c : digits) {
    uint64_t digit = static_cast<uint64_t>(c - '0');
    if (c < '0' || digit >= base || *result > (UINT64_MAX - digit) / base) return false;
    *result = *result * base + digit;
  }
  return !digits.empty();
}

// binaryValue, octalValue, hexValue or decimalValue of Annex A, without its sign.
bool ParseMagnitude(absl::string_view word, uint64_t* result) {
  if (absl::StartsWithIgnoreCase(word, "0x")) return absl::SimpleHexAtoi(word, result);
  if (absl::EndsWithIgnoreCase(word, "b")) return ParseInBase(word.substr(0, word.size() - 1), 2, result);
  if (word.size() > 1 && word[0] == '0') return ParseInBase(word.substr(1), 8, result);
  return ParseInBase(word, 10, result);
}

}  // namespace

std::string DescribeToken(const MofToken& token) {
  std::string shown = token.text.size() > 40 ? absl::StrCat(token.text.substr(0, 40), "…") : token.text;
  switch (token.kind) {
    case MofToken::Kind::kEnd:
      return "the end";
    case MofToken::Kind::kString:
      return absl::StrCat("the string \"", shown, "\"");
    case MofToken::Kind::kLiteral:
      return absl::StrCat("the value ", token.value.ToText());
    default:
      return absl::StrCat("'", shown, "'");
  }
}

absl::Status MofError(absl::string_view file, MofPosition position, absl::string_view what) {
  return cim::CimError(cim::CimStatus::kInvalidParameter,
                       absl::StrCat(file, ":", position.line, ":", position.column, ": ", what));
}

MofLexer::MofLexer(absl::string_view file, absl::string_view text) : file_(file), text_(text) {
  absl::ConsumePrefix(&text_, "\xEF\xBB\xBF");
}

void MofLexer::Advance() {
  if (text_[offset_++] == '\n') {
    ++position_.line;
    position_.column = 1;
  } else {
    ++position_.column;
  }
}

absl::Status MofLexer::SkipBlank() {
  while (!AtEnd()) {
    if (absl::ascii_isspace(static_cast<unsigned char>(Peek()))) {
      Advance();
    } else if (Peek() == '/' && Peek(1) == '/') {
      while (!AtEnd() && Peek() != '\n') Advance();
    } else if (Peek() == '/' && Peek(1) == '*') {
      MofPosition start = position_;
      Advance();
      Advance();
      while (!AtEnd() && !(Peek() == '*' && Peek(1) == '/')) Advance();
      if (AtEnd()) return MofError(file_, start, "the comment has no end; expected '*/'");
      Advance();
      Advance();
    } else {
      break;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<MofToken> MofLexer::Next() {
  RETURN_IF_ERROR(SkipBlank());
  MofToken token;
  token.position = position_;
  if (AtEnd()) return token;
  char c = Peek();
  if (IsNameStart(c)) return ReadName(std::move(token));
  if (c == '"') return ReadString(std::move(token));
  if (c == '\'') return ReadCharacter(std::move(token));
  if (IsDigit(c) || c == '+' || c == '-' || c == '.') return ReadNumber(std::move(token));
  if (c == '$' && IsNameStart(Peek(1))) {
    Advance();
    token = ReadName(std::move(token));
    token.kind = MofToken::Kind::kAlias;
    token.text.insert(0, "$");
    return token;
  }
  if (c == '#') {
    Advance();
    token = ReadName(std::move(token));
    if (!absl::EqualsIgnoreCase(token.text, "pragma")) {
      return MofError(file_, token.position, absl::StrCat("expected '#pragma', found '#", token.text, "'"));
    }
    token.kind = MofToken::Kind::kPragma;
    token.text = "#pragma";
    return token;
  }
  if (absl::StrContains("{}[]();,:=", c)) {
    token.kind = MofToken::Kind::kPunctuation;
    token.text = c;
    Advance();
    return token;
  }
  size_t bytes = 1;
  DecodeUtf8(text_.substr(offset_), &bytes);
  return MofError(file_, position_,
                  absl::StrCat("the character '", text_.substr(offset_, bytes), "' has no meaning here"));
}

MofToken MofLexer::ReadName(MofToken token) {
  size_t start = offset_;
  while (IsNameByte(Peek())) Advance();
  token.kind = MofToken::Kind::kIdentifier;
  token.text = std::string(text_.substr(start, offset_ - start));
  return token;
}

absl::StatusOr<uint32_t> MofLexer::ReadEscape() {
  static constexpr absl::string_view kLetters = "btnfr\"'\\";
  static constexpr absl::string_view kMeanings = "\b\t\n\f\r\"'\\";
  MofPosition start = position_;
  char c = Peek();
  size_t index = kLetters.find(c);
  if (!AtEnd() && index != absl::string_view::npos) {
    Advance();
    return static_cast<uint32_t>(static_cast<unsigned char>(kMeanings[index]));
  }
  if (c == 'x' || c == 'X') {
    Advance();
    uint32_t code = 0;
    int digits = 0;
    for (; digits < 4 && absl::ascii_isxdigit(static_cast<unsigned char>(Peek())); ++digits) {
      char digit = absl::ascii_tolower(static_cast<unsigned char>(Peek()));
      code = code * 16 + static_cast<uint32_t>(IsDigit(digit) ? digit - '0' : digit - 'a' + 10);
      Advance();
    }
    if (digits > 0 && code != 0) return code;
  }
  return MofError(file_, start, "expected b, t, n, f, r, \", ', \\ or x and 1 to 4 hexadecimal digits after '\\'");
}

absl::StatusOr<MofToken> MofLexer::ReadString(MofToken token) {
  token.kind = MofToken::Kind::kString;
  Advance();
  while (!AtEnd() && Peek() != '"') {
    if (Peek() == '\n') break;
    if (Peek() == '\\') {
      Advance();
      ASSIGN_OR_RETURN(uint32_t code, ReadEscape());
      // WMI writes what is past U+FFFF as two escapes, the halves of UTF-16.
      if (code >= 0xD800 && code <= 0xDBFF && Peek() == '\\' && absl::ascii_tolower(Peek(1)) == 'x') {
        Advance();
        ASSIGN_OR_RETURN(const uint32_t low, ReadEscape());
        if (low >= 0xDC00 && low <= 0xDFFF) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else {
          AppendUtf8(code, &token.text);
          code = low;
        }
      }
      AppendUtf8(code, &token.text);
    } else {
      token.text.push_back(Peek());
      Advance();
    }
  }
  if (Peek() != '"') return MofError(file_, token.position, "the string has no end on its line; expected '\"'");
  Advance();
  return token;
}

absl::StatusOr<MofToken> MofLexer::ReadCharacter(MofToken token) {
  token.kind = MofToken::Kind::kLiteral;
  Advance();
  if (AtEnd()) return MofError(file_, token.position, "expected a character and \"'\"");
  uint32_t code = 0;
  if (Peek() == '\\') {
    Advance();
    ASSIGN_OR_RETURN(code, ReadEscape());
  } else {
    size_t bytes = 1;
    code = DecodeUtf8(text_.substr(offset_), &bytes);
    for (size_t i = 0; i < bytes; ++i) Advance();
  }
  if (code > 0xFFFF) return MofError(file_, token.position, "the character is past U+FFFF and does not fit char16");
  if (Peek() != '\'') return MofError(file_, position_, "expected \"'\" after one character");
  Advance();
  token.value = cim::Value::Unsigned(cim::CimType::kChar16, code);
  return token;
}

absl::StatusOr<MofToken> MofLexer::ReadNumber(MofToken token) {
  token.kind = MofToken::Kind::kLiteral;
  bool is_negative = Peek() == '-';
  if (is_negative || Peek() == '+') Advance();
  size_t start = offset_;
  bool is_hexadecimal = Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X');
  bool is_real = false;
  while (IsNameByte(Peek()) || Peek() == '.' ||
         (is_real && (Peek() == '+' || Peek() == '-') && absl::ascii_tolower(text_[offset_ - 1]) == 'e')) {
    is_real = is_real || (Peek() == '.' && !is_hexadecimal);
    Advance();
  }
  absl::string_view word = text_.substr(start, offset_ - start);
  if (is_real) {
    double number = 0;
    if (!absl::SimpleAtod(word, &number) || !IsDigit(word.back()) || number > 1.7976931348623157e308) {
      return MofError(file_, token.position, absl::StrCat("'", word.substr(0, 40), "' is no real number"));
    }
    token.value = cim::Value::Real(cim::CimType::kReal64, is_negative ? -number : number);
    return token;
  }
  uint64_t magnitude = 0;
  if (!ParseMagnitude(word, &magnitude)) {
    return MofError(file_, token.position,
                    absl::StrCat("'", word.substr(0, 40),
                                 "' is no integer of at most 64 bits; expected decimal, 0x…, "
                                 "octal 0… or binary …b"));
  }
  if (!is_negative) {
    token.value = cim::Value::Unsigned(cim::CimType::kUint64, magnitude);
  } else if (magnitude <= uint64_t{1} << 63) {
    token.value = cim::Value::Signed(cim::CimType::kSint64, static_cast<int64_t>(uint64_t{0} - magnitude));
  } else {
    return MofError(file_, token.position, absl::StrCat("-", word, " does not fit 64 bits"));
  }
  return token;
}

}  // namespace cimvisor::text
