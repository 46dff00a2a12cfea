#include "service/daemon/ini_file.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cimvisor::daemon {
namespace {

bool IsName(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           c == '_';
  });
}

}  // namespace

absl::StatusOr<std::vector<IniEntry>> ParseIni(absl::string_view name, absl::string_view text) {
  std::vector<IniEntry> entries;
  std::string section;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const auto wrong = [&](absl::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat(name, ":", number, ": ", what));
    };
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      if (line.back() != ']') return wrong("a section is written [name]");
      line = absl::StripAsciiWhitespace(line.substr(1, line.size() - 2));
      if (!IsName(line)) return wrong("the name of a section has lower-case letters, digits and underscores");
      section = std::string(line);
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == absl::string_view::npos) return wrong("expected \"key = value\" or \"[section]\"");
    const absl::string_view key = absl::StripAsciiWhitespace(line.substr(0, equals));
    if (!IsName(key)) return wrong("a key has lower-case letters, digits and underscores");
    if (section.empty()) return wrong("an entry stands before the first [section]");
    entries.push_back(
        {section, std::string(key), std::string(absl::StripAsciiWhitespace(line.substr(equals + 1))), number});
  }
  return entries;
}

std::vector<std::string> SplitList(absl::string_view value) {
  std::vector<std::string> parts;
  for (absl::string_view part : absl::StrSplit(value, ',')) {
    part = absl::StripAsciiWhitespace(part);
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

}  // namespace cimvisor::daemon
