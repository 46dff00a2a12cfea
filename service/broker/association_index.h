// The associations of each namespace with their ends, gathered once: a walk does not go through all classes.
#ifndef CIMVISOR_SERVICE_BROKER_ASSOCIATION_INDEX_H_
#define CIMVISOR_SERVICE_BROKER_ASSOCIATION_INDEX_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"

namespace cimvisor::broker {

// One end of an association: a reference property, and the class that it declares (null: one that is not there).
struct AssociationEnd {
  int slot = -1;
  std::shared_ptr<const cim::Class> end_class;
};

struct AssociationClass {
  std::shared_ptr<const cim::Class> cls;
  std::vector<AssociationEnd> ends;
};

// Thread-safe. The classes do not change after the first call.
class AssociationIndex {
 public:
  // `classes` outlives it.
  explicit AssociationIndex(const cim::ClassRepository& classes) : classes_(classes) {}

  // Every association class of the namespace (canonical), abstract ones too, superclasses first.
  const std::vector<AssociationClass>& Associations(absl::string_view name_space) const;
  // True when an association class of the namespace has an end of this name, in any case.
  bool HasRole(absl::string_view name_space, absl::string_view role) const;

 private:
  struct Namespace {
    std::vector<AssociationClass> associations;
    absl::flat_hash_set<std::string> roles;  // in lower case
  };
  const Namespace& Find(absl::string_view name_space) const;

  const cim::ClassRepository& classes_;
  const Namespace none_;
  mutable absl::once_flag gathered_;
  mutable absl::flat_hash_map<std::string, Namespace> namespaces_;  // written once, then read
};

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_ASSOCIATION_INDEX_H_
