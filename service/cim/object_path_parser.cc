// ObjectPath::Parse:
//   path      = [ ("\\" | "//") host slash ] [ namespace ":" ] class [ "=@" | "=" value | "." key *("," key) ]
//   namespace = name *( slash name )         slash = "\" | "/"
//   key       = name "=" value
//   value     = quoted | integer | "TRUE" | "FALSE"      quoted = '"' … '"' or "'" … "'"
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/cim/class_repository.h"
#include "service/cim/object_path.h"
#include "service/cim/status_macros.h"

namespace cimvisor::cim {
namespace {

constexpr size_t kLongestPath = 65536;
constexpr size_t kMostKeys = 64;

bool IsSlash(char c) { return c == '\\' || c == '/'; }

bool IsNameByte(char c) {
  unsigned char byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || byte >= 0x80;
}

class PathParser {
 public:
  explicit PathParser(absl::string_view text) : text_(text) {}

  absl::StatusOr<ObjectPath> Parse() {
    if (text_.size() > kLongestPath) return Error(absl::StrCat("it is longer than ", kLongestPath, " bytes"));
    ASSIGN_OR_RETURN(std::string name_space, ParseNamespace());
    ASSIGN_OR_RETURN(std::string class_name, ParseName("a class name"));
    if (AtEnd()) return ObjectPath(std::move(name_space), std::move(class_name));
    if (Take('=')) return ParseAfterClass(std::move(name_space), std::move(class_name));
    if (!Take('.')) return Error("expected '.', '=' or the end after the class name");
    std::vector<ObjectPath::Key> keys;
    do {
      SkipSpace();
      ASSIGN_OR_RETURN(std::string name, ParseName("a key name"));
      SkipSpace();
      if (!Take('=')) return Error(absl::StrCat("expected '=' after the key name ", name));
      for (const ObjectPath::Key& key : keys) {
        if (absl::EqualsIgnoreCase(key.first, name)) return Error(absl::StrCat("the key ", name, " is given twice"));
      }
      if (keys.size() == kMostKeys) return Error(absl::StrCat("more than ", kMostKeys, " keys"));
      ASSIGN_OR_RETURN(Value value, ParseValue());
      keys.emplace_back(std::move(name), std::move(value));
    } while (Take(','));
    if (!AtEnd()) return Error("expected ',' or the end after a key value");
    return ObjectPath(std::move(name_space), std::move(class_name), std::move(keys));
  }

 private:
  bool AtEnd() const { return position_ == text_.size(); }

  bool Take(char c) {
    if (AtEnd() || text_[position_] != c) return false;
    ++position_;
    return true;
  }

  void SkipSpace() {
    while (!AtEnd() && absl::ascii_isspace(static_cast<unsigned char>(text_[position_]))) ++position_;
  }

  absl::Status Error(absl::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat("object path '", text_.substr(0, 200), "', column ", position_ + 1, ": ", what));
  }

  // [host] and namespace; "" when the path begins with its class.
  absl::StatusOr<std::string> ParseNamespace() {
    bool has_host = text_.size() > 2 && IsSlash(text_[0]) && IsSlash(text_[1]);
    if (has_host) {
      position_ = text_.find_first_of("\\/", 2);
      if (position_ == absl::string_view::npos || position_ == 2) {
        position_ = 2;
        return Error("expected a host name and '\\'");
      }
      ++position_;
    }
    size_t stop = text_.find_first_of(":.=\"'", position_);
    if (stop == absl::string_view::npos || text_[stop] != ':') {
      if (has_host) return Error("expected a namespace and ':' after the host");
      return std::string();
    }
    absl::string_view name_space = text_.substr(position_, stop - position_);
    bool expects_name = true;
    for (char c : name_space) {
      if (IsSlash(c) ? expects_name : !(IsNameByte(c) || c == '-')) {
        return Error(absl::StrCat("'", name_space, "' is no namespace"));
      }
      expects_name = IsSlash(c);
    }
    if (expects_name) return Error(absl::StrCat("'", name_space, "' is no namespace"));
    position_ = stop + 1;
    return NormalizeNamespace(name_space);
  }

  absl::StatusOr<std::string> ParseName(absl::string_view what) {
    size_t start = position_;
    while (!AtEnd() && IsNameByte(text_[position_])) ++position_;
    if (position_ == start || absl::ascii_isdigit(static_cast<unsigned char>(text_[start]))) {
      position_ = start;
      return Error(absl::StrCat("expected ", what));
    }
    return std::string(text_.substr(start, position_ - start));
  }

  // After "Class=": the singleton, or one key that is not named.
  absl::StatusOr<ObjectPath> ParseAfterClass(std::string name_space, std::string class_name) {
    if (Take('@')) {
      if (!AtEnd()) return Error("expected the end after '=@'");
      return ObjectPath::Singleton(std::move(name_space), std::move(class_name));
    }
    ASSIGN_OR_RETURN(Value value, ParseValue());
    if (!AtEnd()) return Error("expected the end after the value of a key without a name");
    std::vector<ObjectPath::Key> keys;
    keys.emplace_back("", std::move(value));
    return ObjectPath(std::move(name_space), std::move(class_name), std::move(keys));
  }

  absl::StatusOr<Value> ParseValue() {
    SkipSpace();
    if (AtEnd()) return Error("expected a key value");
    absl::StatusOr<Value> value = text_[position_] == '"' || text_[position_] == '\'' ? ParseQuoted() : ParseBare();
    if (value.ok()) SkipSpace();
    return value;
  }

  // A backslash before a quote or a backslash escapes it; before anything else it stands for itself, since libvirt and
  // others send device ids unescaped.
  absl::StatusOr<Value> ParseQuoted() {
    size_t start = position_;
    char quote = text_[position_++];
    std::string value;
    while (!AtEnd()) {
      char c = text_[position_++];
      if (c == quote) return Value::String(std::move(value));
      if (c == '\\' && !AtEnd() && (text_[position_] == '\\' || text_[position_] == '"' || text_[position_] == '\'')) {
        c = text_[position_++];
      }
      value.push_back(c);
    }
    position_ = start;
    return Error("the quoted value has no end");
  }

  absl::StatusOr<Value> ParseBare() {
    size_t start = position_;
    if (text_[position_] == '-' || text_[position_] == '+') ++position_;
    while (!AtEnd() && IsNameByte(text_[position_])) ++position_;
    absl::string_view word = text_.substr(start, position_ - start);
    if (absl::EqualsIgnoreCase(word, "true")) return Value::Boolean(true);
    if (absl::EqualsIgnoreCase(word, "false")) return Value::Boolean(false);
    absl::StatusOr<Value> number = Value::String(std::string(word)).Coerce(CimType::kUint64, false);
    if (!number.ok()) number = Value::String(std::string(word)).Coerce(CimType::kSint64, false);
    if (number.ok()) return number;
    position_ = start;
    return Error("expected a quoted string, an integer, TRUE or FALSE as key value");
  }

  absl::string_view text_;
  size_t position_ = 0;
};

}  // namespace

absl::StatusOr<ObjectPath> ObjectPath::Parse(absl::string_view text) {
  return PathParser(absl::StripAsciiWhitespace(text)).Parse();
}

}  // namespace cimvisor::cim
