#include "service/text/cim_xml_reader.h"

#include <pugixml.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "service/cim/errors.h"
#include "service/cim/object_path.h"
#include "service/cim/status_macros.h"
#include "service/text/cim_xml_path.h"
#include "service/text/mof_instance.h"
#include "service/text/utf8.h"

namespace cimvisor::text {
namespace {

using InstancePointer = std::shared_ptr<const cim::Instance>;

constexpr int kDeepestInstance = 8;
constexpr int kDeepestWrapper = 4;
constexpr size_t kMostElements = 4096;

absl::Status XmlError(absl::string_view what) {
  return cim::CimError(cim::CimStatus::kInvalidParameter, absl::StrCat("CIM-XML instance: ", what));
}

// The text of an element: all of its character data, CDATA or not.
std::string TextOf(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
  }
  return text;
}

// Clients hand the whole instance over in CDATA or with its markup escaped, once more than needed.
std::string Unwrapped(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  absl::string_view inner = text;
  if (absl::ConsumePrefix(&inner, "<![CDATA[") && absl::ConsumeSuffix(&inner, "]]>")) return std::string(inner);
  if (!absl::StartsWith(text, "&lt;")) return std::string(text);
  return absl::StrReplaceAll(text, {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}});
}

// The INSTANCE itself, through the elements that may stand around it.
pugi::xml_node FindInstance(const pugi::xml_node& node, int depth) {
  for (const pugi::xml_node& child : node.children()) {
    absl::string_view name = child.name();
    if (name == "INSTANCE") return child;
    bool is_wrapper = name == "CIM" || name == "DECLARATION" || name == "DECLGROUP" || name == "VALUE.OBJECT";
    if (is_wrapper && depth < kDeepestWrapper) return FindInstance(child, depth + 1);
  }
  return pugi::xml_node();
}

bool LooksLikeXml(absl::string_view text) {
  text = absl::StripLeadingAsciiWhitespace(text);
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  return absl::StartsWith(text, "<") || absl::StartsWith(text, "&lt;");
}

class InstanceReader {
 public:
  InstanceReader(const cim::ClassRepository& repository, absl::string_view name_space)
      : repository_(repository), name_space_(name_space) {}

  absl::StatusOr<InstancePointer> ReadDocument(absl::string_view text, int depth) {
    if (text.size() > EmbeddedInstanceLimits().bytes) {
      return XmlError(absl::StrCat("it is longer than ", EmbeddedInstanceLimits().bytes, " bytes"));
    }
    if (depth > kDeepestInstance)
      return XmlError(absl::StrCat("instances are nested more than ", kDeepestInstance, " deep"));
    std::string unwrapped = Unwrapped(text);
    pugi::xml_document document;
    pugi::xml_parse_result result = document.load_buffer(
        unwrapped.data(), unwrapped.size(), pugi::parse_default | pugi::parse_ws_pcdata_single, pugi::encoding_utf8);
    if (!result) return XmlError(absl::StrCat(result.description(), " at byte ", result.offset));
    return ReadInstance(FindInstance(document, 0), depth);
  }

 private:
  absl::StatusOr<InstancePointer> ReadInstance(const pugi::xml_node& node, int depth) {
    if (!node) return XmlError("expected <INSTANCE CLASSNAME=\"…\">");
    if (depth > kDeepestInstance)
      return XmlError(absl::StrCat("instances are nested more than ", kDeepestInstance, " deep"));
    std::string class_name = node.attribute("CLASSNAME").value();
    if (class_name.empty()) return XmlError("expected INSTANCE to have the attribute CLASSNAME");
    ASSIGN_OR_RETURN(std::shared_ptr<const cim::Class> cls, repository_.Find(name_space_, class_name));
    auto instance = std::make_shared<cim::Instance>(std::move(cls));
    for (const pugi::xml_node& child : node.children()) {
      if (absl::StartsWith(child.name(), "PROPERTY")) RETURN_IF_ERROR(ReadProperty(child, depth, instance.get()));
    }
    return InstancePointer(std::move(instance));
  }

  absl::Status ReadProperty(const pugi::xml_node& node, int depth, cim::Instance* instance) {
    std::string name = node.attribute("NAME").value();
    if (name.empty()) return XmlError(absl::StrCat("expected ", node.name(), " to have the attribute NAME"));
    if (absl::StartsWith(name, "__")) return absl::OkStatus();
    int slot = instance->cls().FindProperty(name);
    bool is_embedded = false;
    if (slot >= 0) {
      const cim::Property& property = instance->cls().properties()[static_cast<size_t>(slot)];
      is_embedded = property.type == cim::CimType::kObject || !property.embedded_class.empty();
      if (instance->IsMentioned(slot)) return XmlError(absl::StrCat("the property ", name, " is given twice"));
    }
    for (const pugi::xml_node& child : node.children()) {
      absl::string_view kind = child.name();
      if (!absl::StartsWith(kind, "VALUE")) continue;
      absl::StatusOr<cim::Value> value = ReadValue(child, is_embedded, depth);
      if (!value.ok()) return cim::WithContext(value.status(), absl::StrCat("property ", name, ": "));
      return instance->Set(name, *value);
    }
    // No value: as if the property were not there. It must still be one of the class.
    if (slot >= 0) return absl::OkStatus();
    return instance->Set(name, cim::Value());
  }

  absl::StatusOr<cim::Value> ReadValue(const pugi::xml_node& node, bool is_embedded, int depth) {
    absl::string_view kind = node.name();
    if (kind == "VALUE.NULL") return cim::Value();
    if (kind == "VALUE.REFERENCE") {
      ASSIGN_OR_RETURN(cim::ObjectPath path, ReadXmlReference(node));
      return cim::Value::Reference(std::move(path));
    }
    if (kind == "VALUE.OBJECT") {
      ASSIGN_OR_RETURN(InstancePointer instance, ReadInstance(FindInstance(node, 0), depth + 1));
      return cim::Value::Object(std::move(instance));
    }
    if (kind == "VALUE") return ReadText(TextOf(node), is_embedded, depth);
    if (kind == "VALUE.ARRAY" || kind == "VALUE.REFARRAY" || kind == "VALUE.OBJECTARRAY") {
      return ReadArray(node, is_embedded, depth);
    }
    return XmlError(absl::StrCat("<", kind, "> is no value"));
  }

  absl::StatusOr<cim::Value> ReadText(std::string text, bool is_embedded, int depth) {
    if (!is_embedded) {
      if (!IsValidUtf8(text)) return XmlError("the text is no UTF-8");
      return cim::Value::String(std::move(text));
    }
    if (absl::StripAsciiWhitespace(text).empty()) return cim::Value();
    if (!LooksLikeXml(text)) {
      ASSIGN_OR_RETURN(InstancePointer instance, ParseInstanceMof(text, repository_, name_space_));
      return cim::Value::Object(std::move(instance));
    }
    ASSIGN_OR_RETURN(InstancePointer instance, ReadDocument(text, depth + 1));
    return cim::Value::Object(std::move(instance));
  }

  absl::StatusOr<cim::Value> ReadArray(const pugi::xml_node& node, bool is_embedded, int depth) {
    std::vector<cim::Value> elements;
    cim::CimType type = cim::CimType::kString;
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      if (absl::string_view(child.name()).find("ARRAY") != absl::string_view::npos) {
        return XmlError("an array has no arrays in it");
      }
      if (elements.size() == kMostElements) {
        return XmlError(absl::StrCat("an array has at most ", kMostElements, " elements"));
      }
      ASSIGN_OR_RETURN(cim::Value element, ReadValue(child, is_embedded, depth));
      if (!element.is_null()) type = element.type();
      elements.push_back(std::move(element));
    }
    return cim::Value::Array(type, std::move(elements));
  }

  const cim::ClassRepository& repository_;
  absl::string_view name_space_;
};

}  // namespace

absl::StatusOr<InstancePointer> ParseInstanceXml(absl::string_view text, const cim::ClassRepository& repository,
                                                 absl::string_view name_space) {
  return InstanceReader(repository, name_space).ReadDocument(text, 0);
}

absl::StatusOr<InstancePointer> ParseEmbeddedInstance(absl::string_view text, const cim::ClassRepository& repository,
                                                      absl::string_view name_space) {
  if (LooksLikeXml(text)) return ParseInstanceXml(text, repository, name_space);
  return ParseInstanceMof(text, repository, name_space);
}

}  // namespace cimvisor::text
