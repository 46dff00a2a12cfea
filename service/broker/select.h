// SELECT and the enumeration of a class: the class and its subclasses, each asked of its provider.
#ifndef CIMVISOR_SERVICE_BROKER_SELECT_H_
#define CIMVISOR_SERVICE_BROKER_SELECT_H_

#include <string>

#include "absl/status/statusor.h"
#include "service/broker/call.h"
#include "service/broker/dependencies.h"
#include "service/wql/ast.h"

namespace cimvisor::broker {

// `name_space` is canonical; `sink` null: explain. Classes that the caller may not read are left out, unless it is the
// class of the FROM: then the call is denied.
absl::StatusOr<QuerySummary> RunSelect(const BrokerDependencies& dependencies, const CallContext& call,
                                       absl::string_view name_space, const wql::SelectQuery& select,
                                       absl::string_view query_text, RowSink* sink);

absl::StatusOr<QuerySummary> RunEnumerate(const BrokerDependencies& dependencies, const CallContext& call,
                                          absl::string_view name_space, const EnumerateQuery& query,
                                          const std::optional<std::vector<std::string>>& properties, RowSink* sink);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_SELECT_H_
