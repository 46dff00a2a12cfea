// Instances from CIM-XML (DSP0201), as clients of Hyper-V send them.
#ifndef CIMVISOR_SERVICE_TEXT_CIM_XML_READER_H_
#define CIMVISOR_SERVICE_TEXT_CIM_XML_READER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"
#include "service/cim/instance.h"

namespace cimvisor::text {

// The one instance in `text`, of a class of `name_space`. Accepted: INSTANCE as MI writes it (MODIFIED="TRUE"), as CIM
// DTD 2.0 and as WMI DTD 2.0 have it (GetText(1) and GetText(2)), alone or within CIM, DECLARATION, DECLGROUP and
// VALUE.OBJECT; an XML declaration, white space, the whole in CDATA or escaped by entities; PROPERTY, PROPERTY.ARRAY,
// PROPERTY.REFERENCE and PROPERTY.OBJECT with their values; an embedded instance as VALUE.OBJECT or as text, of either
// form, in VALUE. Qualifiers and the system properties (__PATH, …) are passed over. Names of classes and properties
// without regard to case. The class says of which type a property is, whatever TYPE and EmbeddedObject say. A property
// without a value is as good as absent: not mentioned.
// No entity but the five of XML is known and nothing outside the text is read. At most 1 MiB and 8 instances deep.
// Errors: CIM_ERR_INVALID_PARAMETER with what was expected (and the byte, where the XML is broken),
// CIM_ERR_INVALID_CLASS, CIM_ERR_NO_SUCH_PROPERTY, CIM_ERR_TYPE_MISMATCH.
absl::StatusOr<std::shared_ptr<const cim::Instance>> ParseInstanceXml(absl::string_view text,
                                                                      const cim::ClassRepository& repository,
                                                                      absl::string_view name_space);

// An embedded instance in either form: XML when the text begins with '<' (or "&lt;"), MOF otherwise.
absl::StatusOr<std::shared_ptr<const cim::Instance>> ParseEmbeddedInstance(absl::string_view text,
                                                                           const cim::ClassRepository& repository,
                                                                           absl::string_view name_space);

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_CIM_XML_READER_H_
