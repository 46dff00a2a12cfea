// XML from outside, parsed without anything that reaches beyond the text.
#ifndef CIMVISOR_SERVICE_TEXT_XML_DOCUMENT_H_
#define CIMVISOR_SERVICE_TEXT_XML_DOCUMENT_H_

#include <pugixml.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cimvisor::text {

// Parses `text`, which is UTF-8 whatever encoding its declaration names (it was a string before it came here). A text
// that stands whole in CDATA, or whose markup is escaped once more than needed, is unwrapped first.
// CIM_ERR_INVALID_PARAMETER with the byte: broken XML; bytes that are no UTF-8 and U+0000; a reference to what is no
// character; an entity other than the five of XML, and a document type that declares some. Nothing is expanded and
// nothing outside the text is read. A reference to a control character (&#1;) is read, as in XML 1.1.
absl::Status LoadXml(absl::string_view text, pugi::xml_document* document);

// True when `text` is to be read as XML: it begins with '<', or with "&lt;".
bool LooksLikeXml(absl::string_view text);

// The text of an element: all of its character data, CDATA or not.
std::string TextOf(const pugi::xml_node& node);

// `text` as character data or as an attribute's value: markup and all control characters as references, so that line
// ends and white space come back as they were. U+0000, which XML cannot hold, is left out.
std::string EscapeXml(absl::string_view text);

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_XML_DOCUMENT_H_
