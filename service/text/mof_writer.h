// Classes and instances as MOF text. What is written here parses again to the same.
#ifndef CIMVISOR_SERVICE_TEXT_MOF_WRITER_H_
#define CIMVISOR_SERVICE_TEXT_MOF_WRITER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/cim/class.h"
#include "service/cim/instance.h"

namespace cimvisor::text {

// The declaration of a class: what it declares itself, with all qualifiers and their flavors where these are not
// EnableOverride and ToSubclass. `qualifier :` declarations are not needed to read it.
std::string WriteClassMof(const cim::ClassDeclaration& declaration);

// `instance of Class { … };` with every property of `slots` (null: all; system columns are passed over) that is not
// null; references as paths on `host` (empty: none). Embedded instances stand in it as instances.
std::string WriteInstanceMof(const cim::Instance& instance, absl::string_view host = "",
                             const std::vector<int>* slots = nullptr);

// A value as an initializer: "text", 5, TRUE, NULL, {1, 2}.
std::string WriteMofValue(const cim::Value& value, absl::string_view host = "");

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_MOF_WRITER_H_
