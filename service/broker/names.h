// Names and paths that clients send, resolved against the classes.
#ifndef CIMVISOR_SERVICE_BROKER_NAMES_H_
#define CIMVISOR_SERVICE_BROKER_NAMES_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"
#include "service/cim/object_path.h"

namespace cimvisor::broker {

// The namespace in its canonical spelling; empty is the default one. CIM_ERR_INVALID_NAMESPACE.
absl::StatusOr<std::string> ResolveNamespace(const cim::ClassRepository& classes, absl::string_view name_space);

struct ResolvedPath {
  cim::ObjectPath path;  // canonical: namespace, the class's spelling, every key in the class's order and of its type
  std::shared_ptr<const cim::Class> cls;
};

// A path without a namespace is in `name_space` (canonical). CIM_ERR_INVALID_PARAMETER for a text that is no path, for
// a key that the class has not and for one that is missing; CIM_ERR_INVALID_NAMESPACE, CIM_ERR_INVALID_CLASS.
absl::StatusOr<ResolvedPath> ResolvePath(const cim::ClassRepository& classes, absl::string_view name_space,
                                         absl::string_view text);
absl::StatusOr<ResolvedPath> ResolvePath(const cim::ClassRepository& classes, absl::string_view name_space,
                                         const cim::ObjectPath& path);

// CIM_ERR_NOT_FOUND that names the path.
absl::Status NoSuchInstance(const cim::ObjectPath& path);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_NAMES_H_
