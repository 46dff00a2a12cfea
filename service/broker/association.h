// ASSOCIATORS OF and REFERENCES OF: each association class that can hold the object is asked from that end.
#ifndef CIMVISOR_SERVICE_BROKER_ASSOCIATION_H_
#define CIMVISOR_SERVICE_BROKER_ASSOCIATION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/broker/association_index.h"
#include "service/broker/call.h"
#include "service/broker/dependencies.h"

namespace cimvisor::broker {

// Each result comes once, however many associations lead to it. A property list may name what only some classes of the
// result have; with a result class, all must be its own. `sink` null: explain. CIM_ERR_NOT_FOUND when there is no
// object at the path; CIM_ERR_INVALID_CLASS for an unknown filter class; CIM_ERR_INVALID_PARAMETER for a role that no
// association class has.
absl::StatusOr<QuerySummary> RunAssociation(const BrokerDependencies& dependencies, const AssociationIndex& index,
                                            const CallContext& call, absl::string_view name_space,
                                            const AssociationQuery& query,
                                            const std::optional<std::vector<std::string>>& properties, RowSink* sink);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_ASSOCIATION_H_
