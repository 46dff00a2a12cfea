#include "service/wql/lexer.h"

#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "service/cim/status_macros.h"
#include "service/wql/query_error.h"

namespace cimvisor::wql {
namespace {

bool IsLetter(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80) != 0; }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    for (;;) {
      while (at_ < text_.size() && absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
      ASSIGN_OR_RETURN(Token token, Next());
      tokens.push_back(std::move(token));
      if (tokens.back().kind == Token::Kind::kEnd) return tokens;
    }
  }

 private:
  char Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  Token Make(Token::Kind kind, size_t begin) const {
    Token token;
    token.kind = kind;
    token.offset = begin;
    token.text = std::string(text_.substr(begin, at_ - begin));
    return token;
  }

  absl::StatusOr<Token> Next() {
    const size_t begin = at_;
    if (at_ >= text_.size()) return Make(Token::Kind::kEnd, begin);
    const char c = Peek();
    if (c == '\'' || c == '"') return String(c);
    if (c == '{') return Path();
    if (IsLetter(c)) {
      while (at_ < text_.size() && (IsLetter(Peek()) || IsDigit(Peek()))) ++at_;
      return Make(Token::Kind::kName, begin);
    }
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1))) ||
        ((c == '-' || c == '+') && (IsDigit(Peek(1)) || Peek(1) == '.')))
      return Number();
    for (absl::string_view symbol : {"<=", ">=", "<>", "!="}) {
      if (absl::StartsWith(text_.substr(at_), symbol)) {
        at_ += symbol.size();
        return Make(Token::Kind::kSymbol, begin);
      }
    }
    if (absl::string_view("=<>(),.*").find(c) != absl::string_view::npos) {
      ++at_;
      return Make(Token::Kind::kSymbol, begin);
    }
    if (absl::ascii_isgraph(static_cast<unsigned char>(c)))
      return QueryError(text_, begin, absl::StrCat("unexpected character '", std::string(1, c), "'"));
    return QueryError(text_, begin,
                      absl::StrFormat("unexpected character with code 0x%02X", static_cast<unsigned char>(c)));
  }

  absl::StatusOr<Token> Number() {
    const size_t begin = at_;
    const bool signed_text = Peek() == '-' || Peek() == '+';
    if (signed_text) ++at_;
    const bool hexadecimal = Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X');
    bool real = false;
    if (hexadecimal) at_ += 2;
    while (at_ < text_.size()) {
      const char c = Peek();
      if (!hexadecimal && (c == 'e' || c == 'E') && (Peek(1) == '+' || Peek(1) == '-')) ++at_;
      if (!hexadecimal && (c == '.' || c == 'e' || c == 'E')) real = true;
      if (!IsLetter(c) && !IsDigit(c) && (c != '.' || hexadecimal)) break;
      ++at_;
    }
    Token token = Make(Token::Kind::kNumber, begin);
    absl::string_view digits = token.text;
    const bool negative = absl::ConsumePrefix(&digits, "-");
    absl::ConsumePrefix(&digits, "+");
    uint64_t magnitude = 0;
    double value = 0;
    if (hexadecimal ? absl::SimpleHexAtoi(digits, &magnitude) : (!real && absl::SimpleAtoi(digits, &magnitude))) {
      constexpr uint64_t kLowest = uint64_t{1} << 63;  // the magnitude of the smallest sint64
      if (negative && magnitude > kLowest)
        return QueryError(text_, begin, absl::StrCat("the number ", token.text, " is too small"));
      if (negative) {
        token.number = cim::Value::Signed(cim::CimType::kSint64, static_cast<int64_t>(~magnitude + 1));
      } else if (magnitude < kLowest) {
        token.number = cim::Value::Signed(cim::CimType::kSint64, static_cast<int64_t>(magnitude));
      } else {
        token.number = cim::Value::Unsigned(cim::CimType::kUint64, magnitude);
      }
    } else if (real && absl::SimpleAtod(digits, &value) && std::isfinite(value)) {
      token.number = cim::Value::Real(cim::CimType::kReal64, negative ? -value : value);
    } else {
      return QueryError(text_, begin, absl::StrCat("'", token.text.substr(0, 40), "' is no number, or too large"));
    }
    return token;
  }

  absl::StatusOr<Token> String(char quote) {
    const size_t begin = at_++;
    std::string value;
    for (;;) {
      if (at_ >= text_.size()) {
        return QueryError(text_, begin,
                          absl::StrCat("the string that begins here has no closing ", std::string(1, quote),
                                       " (a backslash before a quote escapes it; write two for one)"));
      }
      const char c = text_[at_++];
      if (c == quote) {
        if (Peek() != quote || at_ >= text_.size()) break;
        ++at_;
      } else if (c == '\\' && at_ < text_.size() && (Peek() == '\\' || Peek() == '\'' || Peek() == '"')) {
        value.push_back(text_[at_++]);
        continue;
      }
      value.push_back(c);
    }
    Token token;
    token.kind = Token::Kind::kString;
    token.text = std::move(value);
    token.offset = begin;
    return token;
  }

  absl::StatusOr<Token> Path() {
    const size_t begin = at_++;
    char quote = '\0';
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote != '\0') {
        if (c == '\\' && (Peek(1) == '\\' || Peek(1) == quote)) {
          ++at_;
        } else if (c == quote) {
          quote = '\0';
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '}') {
        Token token = Make(Token::Kind::kPath, begin + 1);
        token.text = std::string(absl::StripAsciiWhitespace(token.text));
        ++at_;
        return token;
      }
    }
    return QueryError(text_, begin, "the object path that begins here has no closing }");
  }

  absl::string_view text_;
  size_t at_ = 0;
};

}  // namespace

bool Token::IsKeyword(absl::string_view keyword) const {
  return kind == Kind::kName && absl::EqualsIgnoreCase(text, keyword);
}

absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view text) { return Lexer(text).Run(); }

}  // namespace cimvisor::wql
