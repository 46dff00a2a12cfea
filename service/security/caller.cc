#include "service/security/caller.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cimvisor::security {
namespace {

bool IsPlain(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-' || c == '@' || c == '$' || c >= 0x80;
  });
}

// A certificate may bear any name, also `wsman on behalf of root`: what is not plain is quoted, so that no two callers
// have the same text and no line of a log can be forged.
std::string NameText(const std::string& name) {
  return IsPlain(name) ? name : absl::StrCat("\"", absl::Utf8SafeCEscape(name), "\"");
}

std::string IdentityText(const Identity& identity) {
  switch (identity.kind) {
    case Identity::Kind::kUnixUser:
      return NameText(identity.name);
    case Identity::Kind::kCertificate:
      return absl::StrCat("certificate ", NameText(identity.name));
    case Identity::Kind::kService:
      return absl::StrCat("service ", NameText(identity.name));
  }
  return "nobody";
}

}  // namespace

std::string CallerText(const Caller& caller) {
  std::string text = IdentityText(caller.identity);
  if (caller.on_behalf_of) absl::StrAppend(&text, " on behalf of ", IdentityText(*caller.on_behalf_of));
  return text;
}

}  // namespace cimvisor::security
