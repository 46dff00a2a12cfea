#include "service/text/cim_xml_writer.h"

#include <pugixml.hpp>
#include <utility>
#include <vector>

#include "service/cim/object_path.h"
#include "service/text/cim_xml_path.h"
#include "service/text/utf8.h"

namespace cimvisor::text {
namespace {

class StringWriter : public pugi::xml_writer {
 public:
  void write(const void* data, size_t size) override { text_.append(static_cast<const char*>(data), size); }
  std::string Take() && { return std::move(text_); }

 private:
  std::string text_;
};

std::string TextOf(const cim::Value& value, absl::string_view host) {
  if (value.type() == cim::CimType::kObject) return WriteInstanceXml(*value.object(), host);
  if (value.type() != cim::CimType::kChar16) return value.ToText();
  std::string text;
  AppendUtf8(static_cast<uint32_t>(value.unsigned_value()), &text);
  return text;
}

void AppendValue(const cim::Value& value, absl::string_view host, pugi::xml_node* parent) {
  if (value.is_null()) {
    parent->append_child("VALUE.NULL");
  } else if (value.type() == cim::CimType::kReference) {
    AppendXmlReference(value.reference(), host, parent);
  } else {
    parent->append_child("VALUE").text().set(TextOf(value, host).c_str());
  }
}

void AppendProperty(const cim::Property& property, const cim::Value& value, absl::string_view host,
                    pugi::xml_node* parent) {
  bool is_reference = property.type == cim::CimType::kReference;
  bool is_embedded = property.type == cim::CimType::kObject || !property.embedded_class.empty();
  const char* element = property.is_array ? (is_reference ? "PROPERTY.REFARRAY" : "PROPERTY.ARRAY")
                                          : (is_reference ? "PROPERTY.REFERENCE" : "PROPERTY");
  pugi::xml_node node = parent->append_child(element);
  node.append_attribute("NAME").set_value(property.name.c_str());
  if (is_reference) {
    if (!property.reference_class.empty()) {
      node.append_attribute("REFERENCECLASS").set_value(property.reference_class.c_str());
    }
  } else {
    std::string type(is_embedded ? "string" : cim::CimTypeName(property.type));
    node.append_attribute("TYPE").set_value(type.c_str());
  }
  if (is_embedded) node.append_attribute("EmbeddedObject").set_value("instance");
  if (value.is_null()) return;
  if (!value.is_array()) {
    AppendValue(value, host, &node);
    return;
  }
  pugi::xml_node array = node.append_child(is_reference ? "VALUE.REFARRAY" : "VALUE.ARRAY");
  for (const cim::Value& item : value.elements()) AppendValue(item, host, &array);
}

}  // namespace

std::string WriteInstanceXml(const cim::Instance& instance, absl::string_view host) {
  pugi::xml_document document;
  pugi::xml_node node = document.append_child("INSTANCE");
  node.append_attribute("CLASSNAME").set_value(instance.cls().name().c_str());
  const cim::SharedList<cim::Property>& properties = instance.cls().properties();
  for (size_t i = 0; i < properties.size(); ++i) {
    AppendProperty(properties[i], instance.value(static_cast<int>(i)), host, &node);
  }
  StringWriter writer;
  document.save(writer, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return std::move(writer).Take();
}

}  // namespace cimvisor::text
