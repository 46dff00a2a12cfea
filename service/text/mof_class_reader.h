// The productions of MOF for classes and qualifier declarations. Used by the parser only.
#ifndef CIMVISOR_SERVICE_TEXT_MOF_CLASS_READER_H_
#define CIMVISOR_SERVICE_TEXT_MOF_CLASS_READER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "service/cim/class.h"
#include "service/text/mof_document.h"
#include "service/text/mof_reader.h"

namespace cimvisor::text {

// `class Name as $Alias : Super { … };`, the current token being `class`. The caller sets the namespace.
absl::StatusOr<cim::ClassDeclaration> ReadClass(MofReader* reader, std::vector<cim::Qualifier> qualifiers);

// `Qualifier Name : type = default, Scope(…), Flavor(…);`, the current token being `Qualifier`.
absl::StatusOr<QualifierDeclaration> ReadQualifierDeclaration(MofReader* reader);

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_MOF_CLASS_READER_H_
