#include "service/rpc/query_request.h"

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace cimvisor::rpc {
namespace {

broker::AssociationQuery ReadAssociation(const v1::AssociationQuery& query, broker::AssociationQuery::Kind kind) {
  broker::AssociationQuery read;
  read.kind = kind;
  read.path = query.path();
  read.assoc_class = query.assoc_class();
  read.result_class = query.result_class();
  read.role = query.role();
  read.result_role = query.result_role();
  read.required_qualifier = query.required_qualifier();
  read.required_assoc_qualifier = query.required_assoc_qualifier();
  read.class_defs_only = query.class_defs_only();
  read.keys_only = query.keys_only();
  read.schema_only = query.schema_only();
  return read;
}

}  // namespace

absl::StatusOr<broker::QueryRequest> ReadQueryRequest(const v1::QueryRequest& request) {
  broker::QueryRequest read;
  switch (request.query_case()) {
    case v1::QueryRequest::kWql:
      if (request.has_properties()) {
        return absl::InvalidArgumentError("a WQL text has its own property list; leave out `properties`");
      }
      read.query = request.wql();
      break;
    case v1::QueryRequest::kEnumerate:
      read.query = broker::EnumerateQuery{request.enumerate().class_name(), request.enumerate().exact_class()};
      break;
    case v1::QueryRequest::kAssociators:
      read.query = ReadAssociation(request.associators(), broker::AssociationQuery::Kind::kAssociators);
      break;
    case v1::QueryRequest::kReferences:
      if (!request.references().assoc_class().empty() || !request.references().result_role().empty() ||
          !request.references().required_assoc_qualifier().empty()) {
        return absl::InvalidArgumentError(
            "references have no assoc_class, no result_role and no required_assoc_qualifier: name the association in "
            "result_class");
      }
      read.query = ReadAssociation(request.references(), broker::AssociationQuery::Kind::kReferences);
      break;
    case v1::QueryRequest::QUERY_NOT_SET:
      return absl::InvalidArgumentError("the request has no query: set wql, enumerate, associators or references");
  }
  if (request.has_properties()) {
    read.properties.emplace(request.properties().names().begin(), request.properties().names().end());
  }
  read.explain = request.explain();
  return read;
}

}  // namespace cimvisor::rpc
