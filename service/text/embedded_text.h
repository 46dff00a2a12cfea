// Instances within instances, in either text form, for the readers of this room: both count the same depth.
#ifndef CIMVISOR_SERVICE_TEXT_EMBEDDED_TEXT_H_
#define CIMVISOR_SERVICE_TEXT_EMBEDDED_TEXT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/class_repository.h"
#include "service/cim/instance.h"

namespace cimvisor::text {

// How deep instances may stand in one another, whatever the forms: eight below the outermost.
inline constexpr int kDeepestInstance = 8;

// The instance in `text`, which stands `depth` instances deep. XML when it begins with '<' or "&lt;", MOF otherwise.
absl::StatusOr<std::shared_ptr<const cim::Instance>> ReadEmbeddedText(absl::string_view text,
                                                                      const cim::ClassRepository& repository,
                                                                      absl::string_view name_space, int depth);

// Each form by itself.
absl::StatusOr<std::shared_ptr<const cim::Instance>> ReadEmbeddedXml(absl::string_view text,
                                                                     const cim::ClassRepository& repository,
                                                                     absl::string_view name_space, int depth);
absl::StatusOr<std::shared_ptr<const cim::Instance>> ReadEmbeddedMof(absl::string_view text,
                                                                     const cim::ClassRepository& repository,
                                                                     absl::string_view name_space, int depth);

}  // namespace cimvisor::text

#endif  // CIMVISOR_SERVICE_TEXT_EMBEDDED_TEXT_H_
