// SELECT … FROM meta_class: a query whose rows are the classes of a namespace.
#ifndef CIMVISOR_SERVICE_BROKER_SCHEMA_SELECT_H_
#define CIMVISOR_SERVICE_BROKER_SCHEMA_SELECT_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/broker/call.h"
#include "service/broker/dependencies.h"
#include "service/wql/ast.h"

namespace cimvisor::broker {

// The WHERE and the list know the system properties and __this. `SELECT *` sends each class with its declaration.
// `sink` null: explain. CIM_ERR_INVALID_QUERY with the place.
absl::StatusOr<QuerySummary> RunSchemaSelect(const BrokerDependencies& dependencies, const CallContext& call,
                                             absl::string_view name_space, const wql::SelectQuery& select,
                                             absl::string_view query_text, RowSink* sink);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_SCHEMA_SELECT_H_
