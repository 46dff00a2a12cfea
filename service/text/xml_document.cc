#include "service/text/xml_document.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/text/utf8.h"

namespace cimvisor::text {
namespace {

absl::Status XmlError(absl::string_view what, size_t place) {
  return cim::CimError(cim::CimStatus::kInvalidParameter, absl::StrCat("XML: ", what, " at byte ", place));
}

std::string Unwrapped(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  absl::string_view inner = text;
  if (absl::ConsumePrefix(&inner, "<![CDATA[") && absl::ConsumeSuffix(&inner, "]]>")) return std::string(inner);
  if (!absl::StartsWith(text, "&lt;")) return std::string(text);
  return absl::StrReplaceAll(text, {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}});
}

// "#123" or "#x7B": the code point, or 0 for what is none.
uint32_t CodePointOf(absl::string_view reference) {
  const bool is_hexadecimal = absl::StartsWith(reference, "#x");
  const absl::string_view digits = reference.substr(is_hexadecimal ? 2 : 1);
  uint32_t code = 0;
  for (const char c : digits) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_hexadecimal ? !absl::ascii_isxdigit(byte) : !absl::ascii_isdigit(byte)) return 0;
    const uint32_t digit = absl::ascii_isdigit(byte) ? byte - '0' : absl::ascii_tolower(byte) - 'a' + 10U;
    code = code * (is_hexadecimal ? 16 : 10) + digit;
    if (code > 0x10FFFF) return 0;
  }
  return code >= 0xD800 && code <= 0xDFFF ? 0 : code;
}

// What stands after an '&'. A bare one, which clients write though XML forbids it, means itself.
absl::Status CheckReference(absl::string_view rest, size_t place) {
  size_t end = 0;
  while (end < rest.size() && (absl::ascii_isalnum(static_cast<unsigned char>(rest[end])) || rest[end] == '_' ||
                               (end == 0 && rest[end] == '#') || (end > 0 && absl::StrContains(".:-", rest[end])))) {
    ++end;
  }
  if (end == 0 || end == rest.size() || rest[end] != ';') return absl::OkStatus();
  const absl::string_view name = rest.substr(0, end);
  if (name[0] == '#') {
    if (CodePointOf(name) != 0) return absl::OkStatus();
    return XmlError(absl::StrCat("&", name.substr(0, 40), "; is no character"), place);
  }
  for (const absl::string_view known : {"amp", "lt", "gt", "quot", "apos"}) {
    if (name == known) return absl::OkStatus();
  }
  return XmlError(absl::StrCat("the entity &", name.substr(0, 40),
                               "; is not known (only &amp; &lt; &gt; &quot; &apos; and references to characters are)"),
                  place);
}

// Where the markup that begins at `at` has ended.
size_t PastMarkup(absl::string_view text, size_t at, absl::string_view end) {
  const size_t found = text.find(end, at);
  return found == absl::string_view::npos ? text.size() : found + end.size();
}

// Everything that the parser would take literally, or cut off, without a word.
absl::Status CheckReferences(absl::string_view text) {
  size_t at = 0;
  while (at < text.size() && (at = text.find_first_of("<&", at)) != absl::string_view::npos) {
    const absl::string_view rest = text.substr(at);
    if (rest[0] == '&') {
      RETURN_IF_ERROR(CheckReference(rest.substr(1), at));
      ++at;
    } else if (absl::StartsWith(rest, "<![CDATA[")) {
      at = PastMarkup(text, at, "]]>");
    } else if (absl::StartsWith(rest, "<!--")) {
      at = PastMarkup(text, at, "-->");
    } else if (absl::StartsWithIgnoreCase(rest, "<!DOCTYPE")) {
      const size_t end = rest.find_first_of("[>");
      if (end != absl::string_view::npos && rest[end] == '[') {
        return XmlError("a document type with declarations of its own is not accepted", at);
      }
      at = PastMarkup(text, at, ">");
    } else {
      ++at;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status LoadXml(absl::string_view text, pugi::xml_document* document) {
  const std::string unwrapped = Unwrapped(text);
  if (const size_t place = unwrapped.find('\0'); place != std::string::npos) {
    return XmlError("U+0000 is no character of XML", place);
  }
  if (!IsValidUtf8(unwrapped)) {
    return cim::CimError(cim::CimStatus::kInvalidParameter, "XML: the text is no UTF-8");
  }
  RETURN_IF_ERROR(CheckReferences(unwrapped));
  const pugi::xml_parse_result result = document->load_buffer(
      unwrapped.data(), unwrapped.size(), pugi::parse_default | pugi::parse_ws_pcdata_single, pugi::encoding_utf8);
  if (!result) return XmlError(result.description(), static_cast<size_t>(result.offset));
  return absl::OkStatus();
}

bool LooksLikeXml(absl::string_view text) {
  text = absl::StripLeadingAsciiWhitespace(text);
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  return absl::StartsWith(text, "<") || absl::StartsWith(text, "&lt;");
}

std::string TextOf(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
  }
  return text;
}

std::string EscapeXml(absl::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else if (byte >= 0x20 && byte != 0x7F) {
      escaped.push_back(c);
    } else if (byte != 0) {
      absl::StrAppend(&escaped, "&#", byte, ";");
    }
  }
  return escaped;
}

}  // namespace cimvisor::text
