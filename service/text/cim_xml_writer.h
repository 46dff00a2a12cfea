// Instances as XML text: CIM-XML (DSP0201) in the form that clients of Hyper-V take apart, and WMI's DTD 2.0.
#ifndef CIMVISOR_SERVICE_TEXT_CIM_XML_WRITER_H_
#define CIMVISOR_SERVICE_TEXT_CIM_XML_WRITER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/cim/instance.h"

namespace cimvisor::text {

enum class XmlForm {
  kCim,  // DSP0201, DTD 2.0: embedded instances are text within VALUE, with the attribute EmbeddedObject
  kWmi,  // what SWbemObject.GetText_(2) gives: also the system properties (__PATH, …), CLASSORIGIN, the qualifiers
         // that WMI hands on to instances (CIMTYPE, key), and objects as PROPERTY.OBJECT
};

// `<INSTANCE CLASSNAME="…">` with the properties in `slots` (null: all), also those that are null (without a value).
// Among them a system column is passed over: only WMI's form has system properties, and has them all.
// NAME is the first attribute of each PROPERTY, since Microsoft's samples read attribute 0. References are paths on
// `host` (empty: none). ParseInstanceXml reads either form back to the same instance. A char16 that XML cannot hold is
// written as a number; U+0000 within a string is left out.
std::string WriteInstanceXml(const cim::Instance& instance, absl::string_view host = "", XmlForm form = XmlForm::kCim,
                             const std::vector<int>* slots = nullptr);

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_CIM_XML_WRITER_H_
