#include "service/text/cim_xml_reader.h"

#include <pugixml.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cim/errors.h"
#include "service/cim/object_path.h"
#include "service/cim/status_macros.h"
#include "service/text/cim_xml_path.h"
#include "service/text/embedded_text.h"
#include "service/text/mof_instance.h"
#include "service/text/utf8.h"
#include "service/text/xml_document.h"

namespace cimvisor::text {
namespace {

using InstancePointer = std::shared_ptr<const cim::Instance>;

constexpr int kDeepestWrapper = 4;
constexpr size_t kMostElements = 4096;

absl::Status XmlError(absl::string_view what) {
  return cim::CimError(cim::CimStatus::kInvalidParameter, absl::StrCat("CIM-XML instance: ", what));
}

// What may stand around an instance: DECLGROUP and its kin (DSP0201 §5.2.2), and the values of objects (§5.2.4).
bool IsWrapper(absl::string_view name) {
  return name == "CIM" || name == "DECLARATION" || absl::StartsWith(name, "DECLGROUP") || name == "VALUE.OBJECT" ||
         name == "VALUE.NAMEDINSTANCE" || name == "VALUE.NAMEDOBJECT" || name == "VALUE.INSTANCEWITHPATH" ||
         name == "VALUE.OBJECTWITHPATH" || name == "VALUE.OBJECTWITHLOCALPATH";
}

// The INSTANCE itself, through the elements that may stand around it. Empty when there is none, or more than one.
pugi::xml_node FindInstance(const pugi::xml_node& node, int depth) {
  pugi::xml_node found;
  for (const pugi::xml_node& child : node.children()) {
    const absl::string_view name = child.name();
    if (name != "INSTANCE" && !IsWrapper(name)) continue;
    if (found || (name != "INSTANCE" && depth == kDeepestWrapper)) return pugi::xml_node();
    found = name == "INSTANCE" ? child : FindInstance(child, depth + 1);
    if (!found) return found;
  }
  return found;
}

// char16 is written as the character itself (DSP0201 §4.1), or as a number where that is none that XML can hold.
cim::Value ReadCharacter(const std::string& text) {
  size_t bytes = 0;
  const uint32_t code = text.empty() ? 0x10000 : DecodeUtf8(text, &bytes);
  if (bytes != text.size() || code > 0xFFFF) return cim::Value::String(text);
  return cim::Value::Unsigned(cim::CimType::kChar16, code);
}

class InstanceReader {
 public:
  InstanceReader(const cim::ClassRepository& repository, absl::string_view name_space)
      : repository_(repository), name_space_(name_space) {}

  absl::StatusOr<InstancePointer> ReadDocument(absl::string_view text, int depth) {
    if (text.size() > EmbeddedInstanceLimits().bytes) {
      return XmlError(absl::StrCat("it is longer than ", EmbeddedInstanceLimits().bytes, " bytes"));
    }
    RETURN_IF_ERROR(CheckDepth(depth));
    pugi::xml_document document;
    RETURN_IF_ERROR(LoadXml(text, &document));
    return ReadInstance(FindInstance(document, 0), depth);
  }

 private:
  // How the values of a property are read.
  struct Target {
    bool is_embedded = false;
    bool is_character = false;
    int depth = 0;
  };

  static absl::Status CheckDepth(int depth) {
    if (depth <= kDeepestInstance) return absl::OkStatus();
    return XmlError(absl::StrCat("instances are nested more than ", kDeepestInstance, " deep"));
  }

  absl::StatusOr<InstancePointer> ReadInstance(const pugi::xml_node& node, int depth) {
    if (!node) return XmlError("expected one <INSTANCE CLASSNAME=\"…\">");
    RETURN_IF_ERROR(CheckDepth(depth));
    std::string class_name = node.attribute("CLASSNAME").value();
    if (class_name.empty()) return XmlError("expected INSTANCE to have the attribute CLASSNAME");
    ASSIGN_OR_RETURN(std::shared_ptr<const cim::Class> cls, repository_.Find(name_space_, class_name));
    auto instance = std::make_shared<cim::Instance>(std::move(cls));
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      const absl::string_view name = child.name();
      if (name == "QUALIFIER") continue;
      if (name != "PROPERTY" && !absl::StartsWith(name, "PROPERTY.")) {
        return XmlError(absl::StrCat("<", name.substr(0, 64), "> has no place in an INSTANCE; expected PROPERTY"));
      }
      RETURN_IF_ERROR(ReadProperty(child, depth, instance.get()));
    }
    return InstancePointer(std::move(instance));
  }

  absl::Status ReadProperty(const pugi::xml_node& node, int depth, cim::Instance* instance) {
    std::string name = node.attribute("NAME").value();
    if (name.empty()) return XmlError(absl::StrCat("expected ", node.name(), " to have the attribute NAME"));
    if (absl::StartsWith(name, "__")) return absl::OkStatus();
    int slot = instance->cls().FindProperty(name);
    Target target;
    target.depth = depth;
    if (slot >= 0) {
      const cim::Property& property = instance->cls().properties()[static_cast<size_t>(slot)];
      target.is_embedded = property.type == cim::CimType::kObject || !property.embedded_class.empty();
      target.is_character = property.type == cim::CimType::kChar16;
      if (instance->IsMentioned(slot)) return XmlError(absl::StrCat("the property ", name, " is given twice"));
    }
    bool has_value = false;
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element || absl::string_view(child.name()) == "QUALIFIER") continue;
      if (has_value) return XmlError(absl::StrCat("the property ", name, " has two values"));
      has_value = true;
      absl::StatusOr<cim::Value> value = ReadValue(child, target);
      if (!value.ok()) return cim::WithContext(value.status(), absl::StrCat("property ", name, ": "));
      RETURN_IF_ERROR(instance->Set(name, *value));
    }
    // No value: as if the property were not there. It must still be one of the class.
    if (slot >= 0) return absl::OkStatus();
    return instance->Set(name, cim::Value());
  }

  absl::StatusOr<cim::Value> ReadValue(const pugi::xml_node& node, const Target& target) {
    absl::string_view kind = node.name();
    if (kind == "VALUE.NULL") return cim::Value();
    if (kind == "VALUE.REFERENCE") {
      ASSIGN_OR_RETURN(cim::ObjectPath path, ReadXmlReference(node));
      return cim::Value::Reference(std::move(path));
    }
    if (kind == "VALUE") return ReadText(TextOf(node), target);
    if (kind == "VALUE.ARRAY" || kind == "VALUE.REFARRAY" || kind == "VALUE.OBJECTARRAY") {
      return ReadArray(node, target);
    }
    if (IsWrapper(kind)) {
      ASSIGN_OR_RETURN(InstancePointer instance, ReadInstance(FindInstance(node, 0), target.depth + 1));
      return cim::Value::Object(std::move(instance));
    }
    return XmlError(absl::StrCat("<", kind.substr(0, 64), "> is no value"));
  }

  absl::StatusOr<cim::Value> ReadText(std::string text, const Target& target) {
    if (target.is_character) return ReadCharacter(text);
    if (!target.is_embedded) return cim::Value::String(std::move(text));
    if (absl::StripAsciiWhitespace(text).empty()) return cim::Value();
    ASSIGN_OR_RETURN(InstancePointer instance, ReadEmbeddedText(text, repository_, name_space_, target.depth + 1));
    return cim::Value::Object(std::move(instance));
  }

  absl::StatusOr<cim::Value> ReadArray(const pugi::xml_node& node, const Target& target) {
    std::vector<cim::Value> elements;
    cim::CimType type = cim::CimType::kString;
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      if (absl::StrContains(child.name(), "ARRAY")) return XmlError("an array has no arrays in it");
      if (elements.size() == kMostElements) {
        return XmlError(absl::StrCat("an array has at most ", kMostElements, " elements"));
      }
      ASSIGN_OR_RETURN(cim::Value element, ReadValue(child, target));
      if (!element.is_null()) type = element.type();
      elements.push_back(std::move(element));
    }
    if (target.is_embedded) type = cim::CimType::kObject;
    return cim::Value::Array(type, std::move(elements));
  }

  const cim::ClassRepository& repository_;
  absl::string_view name_space_;
};

}  // namespace

absl::StatusOr<InstancePointer> ParseInstanceXml(absl::string_view text, const cim::ClassRepository& repository,
                                                 absl::string_view name_space) {
  return ReadEmbeddedXml(text, repository, name_space, 0);
}

absl::StatusOr<InstancePointer> ParseEmbeddedInstance(absl::string_view text, const cim::ClassRepository& repository,
                                                      absl::string_view name_space) {
  return ReadEmbeddedText(text, repository, name_space, 0);
}

absl::StatusOr<InstancePointer> ReadEmbeddedXml(absl::string_view text, const cim::ClassRepository& repository,
                                                absl::string_view name_space, int depth) {
  return InstanceReader(repository, name_space).ReadDocument(text, depth);
}

absl::StatusOr<InstancePointer> ReadEmbeddedText(absl::string_view text, const cim::ClassRepository& repository,
                                                 absl::string_view name_space, int depth) {
  if (LooksLikeXml(text)) return ReadEmbeddedXml(text, repository, name_space, depth);
  return ReadEmbeddedMof(text, repository, name_space, depth);
}

}  // namespace cimvisor::text
