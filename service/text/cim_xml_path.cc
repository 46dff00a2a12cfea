#include "service/text/cim_xml_path.h"

#include <pugixml.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/text/xml_document.h"

namespace cimvisor::text {
namespace {

constexpr int kDeepestReference = 4;

absl::Status PathError(absl::string_view what) {
  return cim::CimError(cim::CimStatus::kInvalidParameter, absl::StrCat("CIM-XML reference: ", what));
}

// The namespace of a LOCALNAMESPACEPATH, or of the one in a NAMESPACEPATH, below `parent`; "" when there is none.
std::string NamespaceIn(const pugi::xml_node& parent) {
  pugi::xml_node local = parent.child("LOCALNAMESPACEPATH");
  if (!local) local = parent.child("NAMESPACEPATH").child("LOCALNAMESPACEPATH");
  std::string name_space;
  for (const pugi::xml_node& part : local.children("NAMESPACE")) {
    absl::StrAppend(&name_space, name_space.empty() ? "" : "/", part.attribute("NAME").value());
  }
  return name_space;
}

absl::StatusOr<cim::ObjectPath> ReadReference(const pugi::xml_node& reference, int depth);

// A key that VALUETYPE calls a number or a boolean is one; any other is text.
absl::StatusOr<cim::Value> ReadPlainKey(const pugi::xml_node& node) {
  const cim::Value text = cim::Value::String(TextOf(node));
  const absl::string_view type = node.attribute("VALUETYPE").value();
  if (type == "boolean") return text.Coerce(cim::CimType::kBoolean, false);
  if (type != "numeric") return text;
  const bool is_negative = absl::StrContains(text.string(), '-');
  return text.Coerce(is_negative ? cim::CimType::kSint64 : cim::CimType::kUint64, false);
}

absl::StatusOr<cim::Value> ReadKeyValue(const pugi::xml_node& parent, int depth) {
  if (pugi::xml_node value = parent.child("KEYVALUE")) return ReadPlainKey(value);
  pugi::xml_node reference = parent.child("VALUE.REFERENCE");
  if (!reference) return PathError("expected KEYVALUE or VALUE.REFERENCE as the value of a key");
  ASSIGN_OR_RETURN(cim::ObjectPath path, ReadReference(reference, depth + 1));
  return cim::Value::Reference(std::move(path));
}

absl::StatusOr<cim::ObjectPath> ReadInstanceName(const pugi::xml_node& name, std::string name_space, int depth) {
  std::string class_name = name.attribute("CLASSNAME").value();
  if (class_name.empty()) return PathError("expected INSTANCENAME with CLASSNAME");
  std::vector<cim::ObjectPath::Key> keys;
  for (const pugi::xml_node& binding : name.children("KEYBINDING")) {
    ASSIGN_OR_RETURN(cim::Value value, ReadKeyValue(binding, depth));
    keys.emplace_back(binding.attribute("NAME").value(), std::move(value));
  }
  if (keys.empty() && (name.child("KEYVALUE") || name.child("VALUE.REFERENCE"))) {
    ASSIGN_OR_RETURN(cim::Value value, ReadKeyValue(name, depth));
    keys.emplace_back("", std::move(value));
  }
  if (keys.empty()) return cim::ObjectPath::Singleton(std::move(name_space), std::move(class_name));
  return cim::ObjectPath(std::move(name_space), std::move(class_name), std::move(keys));
}

absl::StatusOr<cim::ObjectPath> ReadReference(const pugi::xml_node& reference, int depth) {
  if (depth > kDeepestReference) return PathError("references are nested too deep");
  for (const char* wrapper : {"INSTANCEPATH", "LOCALINSTANCEPATH"}) {
    pugi::xml_node path = reference.child(wrapper);
    if (path) return ReadInstanceName(path.child("INSTANCENAME"), NamespaceIn(path), depth);
  }
  if (pugi::xml_node name = reference.child("INSTANCENAME")) return ReadInstanceName(name, "", depth);
  for (const char* wrapper : {"CLASSPATH", "LOCALCLASSPATH"}) {
    pugi::xml_node path = reference.child(wrapper);
    if (path) return cim::ObjectPath(NamespaceIn(path), path.child("CLASSNAME").attribute("NAME").value());
  }
  if (pugi::xml_node name = reference.child("CLASSNAME")) {
    return cim::ObjectPath("", name.attribute("NAME").value());
  }
  return cim::ObjectPath::Parse(absl::StripAsciiWhitespace(TextOf(reference)));
}

void AppendNamespace(const std::string& name_space, pugi::xml_node* parent) {
  pugi::xml_node local = parent->append_child("LOCALNAMESPACEPATH");
  for (absl::string_view part : absl::StrSplit(name_space, '/')) {
    local.append_child("NAMESPACE").append_attribute("NAME").set_value(EscapeXml(part).c_str());
  }
}

const char* KeyValueType(cim::CimType type) {
  if (type == cim::CimType::kBoolean) return "boolean";
  return cim::IsInteger(type) || cim::IsReal(type) ? "numeric" : "string";
}

void AppendInstanceName(const cim::ObjectPath& path, absl::string_view host, pugi::xml_node* parent) {
  pugi::xml_node name = parent->append_child("INSTANCENAME");
  name.append_attribute("CLASSNAME").set_value(EscapeXml(path.class_name()).c_str());
  for (const cim::ObjectPath::Key& key : path.keys()) {
    pugi::xml_node binding = name;
    if (!key.first.empty()) {
      binding = name.append_child("KEYBINDING");
      binding.append_attribute("NAME").set_value(EscapeXml(key.first).c_str());
    }
    if (key.second.type() == cim::CimType::kReference && !key.second.is_null()) {
      AppendXmlReference(key.second.reference(), host, &binding);
    } else {
      pugi::xml_node value = binding.append_child("KEYVALUE");
      value.append_attribute("VALUETYPE").set_value(KeyValueType(key.second.type()));
      value.text().set(EscapeXml(key.second.ToText()).c_str());
    }
  }
}

}  // namespace

absl::StatusOr<cim::ObjectPath> ReadXmlReference(const pugi::xml_node& reference) {
  ASSIGN_OR_RETURN(const cim::ObjectPath path, ReadReference(reference, 0));
  // Names and numbers in the elements are held to what they are in a path's text.
  return cim::ObjectPath::Parse(path.FullText(""));
}

void AppendXmlReference(const cim::ObjectPath& path, absl::string_view host, pugi::xml_node* parent) {
  pugi::xml_node reference = parent->append_child("VALUE.REFERENCE");
  if (path.is_class()) {
    pugi::xml_node place = reference;
    if (!path.name_space().empty()) {
      place = reference.append_child("LOCALCLASSPATH");
      AppendNamespace(path.name_space(), &place);
    }
    place.append_child("CLASSNAME").append_attribute("NAME").set_value(EscapeXml(path.class_name()).c_str());
    return;
  }
  if (path.name_space().empty()) {
    AppendInstanceName(path, host, &reference);
  } else if (host.empty()) {
    pugi::xml_node place = reference.append_child("LOCALINSTANCEPATH");
    AppendNamespace(path.name_space(), &place);
    AppendInstanceName(path, host, &place);
  } else {
    pugi::xml_node place = reference.append_child("INSTANCEPATH");
    pugi::xml_node name_space = place.append_child("NAMESPACEPATH");
    name_space.append_child("HOST").text().set(EscapeXml(host).c_str());
    AppendNamespace(path.name_space(), &name_space);
    AppendInstanceName(path, host, &place);
  }
}

}  // namespace cimvisor::text
