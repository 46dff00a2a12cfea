// Object paths in CIM-XML: VALUE.REFERENCE and what stands in it (DSP0201 §5.3).
#ifndef CIMVISOR_SERVICE_TEXT_CIM_XML_PATH_H_
#define CIMVISOR_SERVICE_TEXT_CIM_XML_PATH_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/object_path.h"

namespace pugi {
class xml_node;
}  // namespace pugi

namespace cimvisor::text {

// From a VALUE.REFERENCE: an INSTANCEPATH, LOCALINSTANCEPATH, INSTANCENAME, CLASSPATH, LOCALCLASSPATH or CLASSNAME in
// it, or the path as text. References as keys are nested at most 4 deep.
absl::StatusOr<cim::ObjectPath> ReadXmlReference(const pugi::xml_node& reference);

// Adds a VALUE.REFERENCE to `parent`, its texts escaped (save the document with format_no_escapes). `host` empty: none.
void AppendXmlReference(const cim::ObjectPath& path, absl::string_view host, pugi::xml_node* parent);

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_CIM_XML_PATH_H_
