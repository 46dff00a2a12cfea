// The headers of one namespace: one for each area of the schema, and one that includes them all.
#ifndef CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_AREA_WRITER_H_
#define CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_AREA_WRITER_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"

namespace cimvisor::codegen {

// Texts by path ("providers/schema/msvm_v2/jobs.h").
using OutputFiles = std::map<std::string, std::string>;

// The wrappers of every class of `name_space`, as `providers/schema/STEM.h` and `providers/schema/STEM/AREA.h`, in the
// C++ namespace that the stem gives ("msvm_v2": cimvisor::msvm::v2). The area of a class is the folder of its MOF
// below the namespace's, or the name of the file when it stands in no such folder. Fails when areas need one another
// in a circle, or a wrapper cannot be written.
absl::StatusOr<OutputFiles> WriteAreas(const cim::ClassRepository& repository, absl::string_view name_space,
                                       absl::string_view stem);

}  // namespace cimvisor::codegen

#endif  // CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_AREA_WRITER_H_
