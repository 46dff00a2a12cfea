// All classes of all namespaces: filled once at start from MOF declarations, then only read (thread-safe).
#ifndef CIMVISOR_SERVICE_CIM_CLASS_REPOSITORY_H_
#define CIMVISOR_SERVICE_CIM_CLASS_REPOSITORY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/cim/class.h"

namespace cimvisor::cim {

// "ROOT\Virtualization\V2" -> "root/virtualization/v2".
std::string NormalizeNamespace(absl::string_view name_space);

class ClassRepository {
 public:
  ClassRepository() = default;
  ClassRepository(const ClassRepository&) = delete;
  ClassRepository& operator=(const ClassRepository&) = delete;

  // Resolves and adds classes in any order (superclasses may come later in the same call). Errors name file, line and
  // class: a missing superclass, a cycle, an override of another type, a class without keys that is no abstract,
  // indication, embedded-only (qualifier Cimvisor_NoKeys) or system class, a reference to or an embedded instance of
  // an unknown class.
  // Nothing is added when it fails.
  absl::Status Add(std::vector<ClassDeclaration> declarations);

  // CIM_ERR_INVALID_NAMESPACE or CIM_ERR_INVALID_CLASS (see errors.h) when absent. Names without regard to case.
  absl::StatusOr<std::shared_ptr<const Class>> Find(absl::string_view name_space, absl::string_view name) const;
  bool HasNamespace(absl::string_view name_space) const;
  std::vector<std::string> Namespaces() const;
  // Every class of the namespace, superclasses before subclasses, else by name.
  std::vector<std::shared_ptr<const Class>> Classes(absl::string_view name_space) const;
  // The class and all its subclasses, direct and indirect.
  std::vector<std::shared_ptr<const Class>> WithSubclasses(const Class& root) const;

 private:
  struct Namespace {
    absl::flat_hash_map<std::string, std::shared_ptr<const Class>> classes;  // by lower-case name
    absl::flat_hash_map<std::string, std::vector<std::string>> subclasses;   // lower-case name -> direct ones
    std::vector<std::shared_ptr<const Class>> ordered;
  };
  static absl::StatusOr<std::shared_ptr<const Class>> Resolve(ClassDeclaration declaration,
                                                              std::shared_ptr<const Class> superclass);
  // Fills `subclasses` and `ordered` from `classes`.
  static void Index(Namespace* name_space);

  absl::flat_hash_map<std::string, Namespace> namespaces_;
};

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_CLASS_REPOSITORY_H_
