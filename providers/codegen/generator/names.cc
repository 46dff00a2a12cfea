#include "providers/codegen/generator/names.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cimvisor::codegen {
namespace {

bool IsUpper(char c) { return absl::ascii_isupper(static_cast<unsigned char>(c)); }
bool IsLower(char c) { return absl::ascii_islower(static_cast<unsigned char>(c)); }
bool IsWordByte(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }
char ToUpper(char c) { return absl::ascii_toupper(static_cast<unsigned char>(c)); }

bool IsKeyword(absl::string_view word) {
  static constexpr absl::string_view kKeywords[] = {
      "auto",    "bool",      "break",  "case",     "catch",   "char",      "class",    "const",    "continue",
      "default", "delete",    "do",     "double",   "else",    "enum",      "explicit", "export",   "extern",
      "false",   "float",     "for",    "friend",   "goto",    "if",        "inline",   "int",      "long",
      "mutable", "namespace", "new",    "operator", "private", "protected", "public",   "register", "return",
      "short",   "signed",    "static", "struct",   "switch",  "template",  "this",     "throw",    "true",
      "try",     "typedef",   "union",  "unsigned", "using",   "virtual",   "void",     "volatile", "while"};
  return std::find(std::begin(kKeywords), std::end(kKeywords), word) != std::end(kKeywords);
}

// The words of a text, each with its first letter in upper case.
std::string JoinWords(absl::string_view text) {
  std::string result;
  bool starts_word = true;
  for (char c : text) {
    if (!IsWordByte(c)) {
      starts_word = c != '\'';
      continue;
    }
    result.push_back(starts_word ? ToUpper(c) : c);
    starts_word = false;
  }
  return result;
}

}  // namespace

std::string WrapperName(absl::string_view class_name) {
  if (absl::StartsWith(class_name, "__")) return absl::StrCat("System", JoinWords(class_name));
  size_t underscore = class_name.find('_');
  if (underscore == absl::string_view::npos) return JoinWords(class_name);
  absl::string_view prefix = class_name.substr(0, underscore);
  std::string rest = JoinWords(class_name.substr(underscore + 1));
  if (absl::EqualsIgnoreCase(prefix, "Msvm")) return rest;
  return absl::StrCat(JoinWords(absl::AsciiStrToLower(prefix)), rest);
}

std::string AccessorName(absl::string_view name) {
  std::string result;
  for (size_t i = 0; i < name.size(); ++i) {
    char c = name[i];
    bool ends_capitals = i > 0 && IsUpper(c) && i + 1 < name.size() && IsLower(name[i + 1]);
    bool follows_lower = i > 0 && IsUpper(c) && !IsUpper(name[i - 1]);
    if ((ends_capitals || follows_lower) && name[i - 1] != '_') result.push_back('_');
    result.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  return IsKeyword(result) ? absl::StrCat(result, "_") : result;
}

std::string SlotName(absl::string_view property) { return absl::StrCat("k", JoinWords(property), "Slot"); }

std::string EnumName(absl::string_view element) { return absl::StrCat(JoinWords(element), "Value"); }

std::string EnumeratorName(absl::string_view label) {
  std::string words = JoinWords(label);
  return words.empty() ? words : absl::StrCat("k", words);
}

std::string GuardName(absl::string_view path) {
  std::string result(path);
  for (char& c : result) c = IsWordByte(c) ? ToUpper(c) : '_';
  return result;
}

}  // namespace cimvisor::codegen
