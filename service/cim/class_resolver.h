// Turns the declaration of a class into the parts of a resolved class: what it inherits, overrides and derives from
// its qualifiers (DSP0004 §5.1.2 inheritance, §5.6.2 propagation of qualifiers). Used by ClassRepository only.
#ifndef CIMVISOR_SERVICE_CIM_CLASS_RESOLVER_H_
#define CIMVISOR_SERVICE_CIM_CLASS_RESOLVER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "service/cim/class.h"

namespace cimvisor::cim {

struct ResolvedMembers {
  std::vector<Qualifier> qualifiers;
  SharedList<Property> properties;
  SharedList<Method> methods;
};

// `superclass` is resolved, or null. Errors name file, line, class and member.
absl::StatusOr<ResolvedMembers> ResolveMembers(const ClassDeclaration& declaration, const Class* superclass);

// True when the qualifier is there with the value true.
bool HasTrueQualifier(const std::vector<Qualifier>& qualifiers, absl::string_view name);

// An error at a declaration: "file:line: class X: what".
absl::Status DeclarationError(const ClassDeclaration& declaration, absl::string_view what);

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_CLASS_RESOLVER_H_
