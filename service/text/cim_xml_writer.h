// Instances as CIM-XML text (DSP0201), in the form that clients of Hyper-V take apart.
#ifndef CIMVISOR_SERVICE_TEXT_CIM_XML_WRITER_H_
#define CIMVISOR_SERVICE_TEXT_CIM_XML_WRITER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "service/cim/instance.h"

namespace cimvisor::text {

// `<INSTANCE CLASSNAME="…">` with every property, also those that are null (without a value). NAME is the first
// attribute of each PROPERTY, since Microsoft's samples read attribute 0. Embedded instances are text within VALUE.
// References are paths on `host` (empty: none). ParseInstanceXml reads it back to the same instance.
std::string WriteInstanceXml(const cim::Instance& instance, absl::string_view host = "");

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_CIM_XML_WRITER_H_
