#include "service/text/cim_xml_writer.h"

#include <pugixml.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "service/cim/object_path.h"
#include "service/cim/system_properties.h"
#include "service/text/cim_xml_path.h"
#include "service/text/utf8.h"
#include "service/text/xml_document.h"

namespace cimvisor::text {
namespace {

constexpr char kSystemOrigin[] = "___SYSTEM";  // so, with three underscores, in what WMI writes

class StringWriter : public pugi::xml_writer {
 public:
  void write(const void* data, size_t size) override { text_.append(static_cast<const char*>(data), size); }
  std::string Take() && { return std::move(text_); }

 private:
  std::string text_;
};

void SetAttribute(pugi::xml_node* node, const char* name, absl::string_view value) {
  node->append_attribute(name).set_value(EscapeXml(value).c_str());
}

std::string CharacterText(uint64_t code) {
  if (code == 0 || (code >= 0xD800 && code <= 0xDFFF)) return absl::StrFormat("0x%04X", code);
  std::string text;
  AppendUtf8(static_cast<uint32_t>(code), &text);
  return text;
}

class InstanceWriter {
 public:
  InstanceWriter(absl::string_view host, XmlForm form) : host_(host), form_(form) {}

  // Adds an INSTANCE to `parent`.
  void Append(const cim::Instance& instance, const std::vector<int>* slots, pugi::xml_node* parent) const {
    pugi::xml_node node = parent->append_child("INSTANCE");
    SetAttribute(&node, "CLASSNAME", instance.cls().name());
    if (form_ == XmlForm::kWmi) AppendSystemProperties(instance, &node);
    const cim::SharedList<cim::Property>& properties = instance.cls().properties();
    if (slots != nullptr) {
      for (const int slot : *slots) {
        if (!cim::IsSystemColumn(slot))
          AppendProperty(properties[static_cast<size_t>(slot)], instance.value(slot), &node);
      }
      return;
    }
    for (size_t i = 0; i < properties.size(); ++i) {
      AppendProperty(properties[i], instance.value(static_cast<int>(i)), &node);
    }
  }

 private:
  void AppendSystemProperty(const char* name, const char* type, absl::string_view value, pugi::xml_node* parent) const {
    pugi::xml_node node = parent->append_child("PROPERTY");
    SetAttribute(&node, "NAME", name);
    SetAttribute(&node, "CLASSORIGIN", kSystemOrigin);
    SetAttribute(&node, "TYPE", type);
    if (!value.empty()) node.append_child("VALUE").text().set(EscapeXml(value).c_str());
  }

  // In the order in which WMI writes them.
  void AppendSystemProperties(const cim::Instance& instance, pugi::xml_node* node) const {
    const cim::Class& cls = instance.cls();
    bool has_path = !cls.key_slots().empty();
    for (const int slot : cls.key_slots()) has_path = has_path && !instance.value(slot).is_null();
    const cim::ObjectPath path = has_path ? instance.Path() : cim::ObjectPath();
    const std::vector<std::string> derivation = cls.Derivation();
    AppendSystemProperty("__PATH", "string", has_path ? path.FullText(host_) : "", node);
    AppendSystemProperty("__NAMESPACE", "string", absl::StrReplaceAll(cls.name_space(), {{"/", "\\"}}), node);
    AppendSystemProperty("__SERVER", "string", host_, node);
    pugi::xml_node ancestors = node->append_child("PROPERTY.ARRAY");
    SetAttribute(&ancestors, "NAME", "__DERIVATION");
    SetAttribute(&ancestors, "CLASSORIGIN", kSystemOrigin);
    SetAttribute(&ancestors, "TYPE", "string");
    pugi::xml_node names = ancestors.append_child("VALUE.ARRAY");
    for (const std::string& name : derivation) names.append_child("VALUE").text().set(EscapeXml(name).c_str());
    AppendSystemProperty("__PROPERTY_COUNT", "sint32", absl::StrCat(cls.properties().size()), node);
    AppendSystemProperty("__RELPATH", "string", has_path ? path.RelativeText() : "", node);
    AppendSystemProperty("__DYNASTY", "string", derivation.empty() ? cls.name() : derivation.back(), node);
    AppendSystemProperty("__SUPERCLASS", "string", derivation.empty() ? "" : derivation.front(), node);
    AppendSystemProperty("__CLASS", "string", cls.name(), node);
    AppendSystemProperty("__GENUS", "sint32", "2", node);  // an instance
  }

  static void AppendQualifier(const char* name, const char* type, absl::string_view value, pugi::xml_node* parent) {
    pugi::xml_node node = parent->append_child("QUALIFIER");
    SetAttribute(&node, "NAME", name);
    SetAttribute(&node, "PROPAGATED", "true");
    SetAttribute(&node, "TYPE", type);
    SetAttribute(&node, "TOINSTANCE", "true");
    node.append_child("VALUE").text().set(EscapeXml(value).c_str());
  }

  static void AppendQualifiers(const cim::Property& property, pugi::xml_node* node) {
    std::string type(cim::CimTypeName(property.type));
    if (property.type == cim::CimType::kReference && !property.reference_class.empty()) {
      absl::StrAppend(&type, ":", property.reference_class);
    }
    if (property.type == cim::CimType::kObject && !property.embedded_class.empty()) {
      absl::StrAppend(&type, ":", property.embedded_class);
    }
    AppendQualifier("CIMTYPE", "string", type, node);
    if (property.is_key) AppendQualifier("key", "boolean", "TRUE", node);
    if (property.type == cim::CimType::kString && !property.embedded_class.empty()) {
      AppendQualifier("EmbeddedInstance", "string", property.embedded_class, node);
    }
  }

  void AppendProperty(const cim::Property& property, const cim::Value& value, pugi::xml_node* parent) const {
    const bool is_reference = property.type == cim::CimType::kReference;
    const bool is_object = property.type == cim::CimType::kObject;
    const bool is_embedded = is_object || !property.embedded_class.empty();
    const bool as_object = is_object && form_ == XmlForm::kWmi;
    std::string element = "PROPERTY";
    if (is_reference || as_object) {
      absl::StrAppend(&element, is_reference ? "." : ".OBJECT",
                      property.is_array ? (is_reference ? "REFARRAY" : "ARRAY") : (is_reference ? "REFERENCE" : ""));
    } else if (property.is_array) {
      element += ".ARRAY";
    }
    pugi::xml_node node = parent->append_child(element.c_str());
    SetAttribute(&node, "NAME", property.name);
    if (form_ == XmlForm::kWmi) SetAttribute(&node, "CLASSORIGIN", property.origin_class);
    if (is_reference) {
      if (!property.reference_class.empty()) SetAttribute(&node, "REFERENCECLASS", property.reference_class);
    } else if (!as_object) {
      SetAttribute(&node, "TYPE", is_embedded ? "string" : cim::CimTypeName(property.type));
      if (is_embedded) SetAttribute(&node, "EmbeddedObject", is_object ? "object" : "instance");
    }
    if (form_ == XmlForm::kWmi) AppendQualifiers(property, &node);
    if (value.is_null()) return;
    if (!value.is_array()) {
      AppendValue(value, as_object, &node);
      return;
    }
    pugi::xml_node array =
        node.append_child(is_reference ? "VALUE.REFARRAY" : (as_object ? "VALUE.OBJECTARRAY" : "VALUE.ARRAY"));
    for (const cim::Value& item : value.elements()) AppendValue(item, as_object, &array);
  }

  void AppendValue(const cim::Value& value, bool as_object, pugi::xml_node* parent) const {
    if (value.is_null()) {
      parent->append_child("VALUE.NULL");
    } else if (value.type() == cim::CimType::kReference) {
      AppendXmlReference(value.reference(), host_, parent);
    } else if (as_object) {
      pugi::xml_node object = parent->append_child("VALUE.OBJECT");
      Append(*value.object(), nullptr, &object);
    } else {
      parent->append_child("VALUE").text().set(EscapeXml(TextOfValue(value)).c_str());
    }
  }

  std::string TextOfValue(const cim::Value& value) const {
    if (value.type() == cim::CimType::kObject) return WriteInstanceXml(*value.object(), host_, form_);
    if (value.type() == cim::CimType::kChar16) return CharacterText(value.unsigned_value());
    return value.ToText();
  }

  const absl::string_view host_;
  const XmlForm form_;
};

}  // namespace

std::string WriteInstanceXml(const cim::Instance& instance, absl::string_view host, XmlForm form,
                             const std::vector<int>* slots) {
  pugi::xml_document document;
  InstanceWriter(host, form).Append(instance, slots, &document);
  StringWriter writer;
  document.save(writer, "", pugi::format_raw | pugi::format_no_declaration | pugi::format_no_escapes,
                pugi::encoding_utf8);
  return std::move(writer).Take();
}

}  // namespace cimvisor::text
