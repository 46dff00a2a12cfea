// Instances from MOF: checked against their classes, with values of the properties' types.
#ifndef CIMVISOR_SERVICE_TEXT_MOF_INSTANCE_H_
#define CIMVISOR_SERVICE_TEXT_MOF_INSTANCE_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"
#include "service/cim/instance.h"
#include "service/text/mof_document.h"
#include "service/text/mof_parser.h"

namespace cimvisor::text {

// The limits for an embedded instance that a client sends.
MofLimits EmbeddedInstanceLimits();

// The one instance in `text`, of a class of `name_space`: what clients send as an embedded instance. Names of classes
// and properties without regard to case; the properties that are named are marked as mentioned, all others are null.
// CIM_ERR_INVALID_PARAMETER with line and column, CIM_ERR_INVALID_CLASS, CIM_ERR_NO_SUCH_PROPERTY,
// CIM_ERR_TYPE_MISMATCH. Nothing outside the text is read.
absl::StatusOr<std::shared_ptr<const cim::Instance>> ParseInstanceMof(absl::string_view text,
                                                                      const cim::ClassRepository& repository,
                                                                      absl::string_view name_space);

// Every `instance of` of a document, with the defaults of its class. An alias may stand before or after its use.
absl::StatusOr<std::vector<std::shared_ptr<const cim::Instance>>> BuildInstances(
    const MofDocument& document, const cim::ClassRepository& repository);

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_MOF_INSTANCE_H_
