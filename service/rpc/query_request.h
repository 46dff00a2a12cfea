// cimvisor.v1.QueryRequest -> broker::QueryRequest.
#ifndef CIMVISOR_SERVICE_RPC_QUERY_REQUEST_H_
#define CIMVISOR_SERVICE_RPC_QUERY_REQUEST_H_

#include "absl/status/statusor.h"
#include "cimvisor/v1/object_manager.pb.h"
#include "service/broker/call.h"

namespace cimvisor::rpc {

// kInvalidArgument: no query, a property list beside a WQL text, a filter that REFERENCES OF does not have.
absl::StatusOr<broker::QueryRequest> ReadQueryRequest(const v1::QueryRequest& request);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_QUERY_REQUEST_H_
