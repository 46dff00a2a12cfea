// The stream of one Query.
#ifndef CIMVISOR_SERVICE_RPC_QUERY_STREAM_H_
#define CIMVISOR_SERVICE_RPC_QUERY_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include "cimvisor/v1/object_manager.pb.h"
#include "service/rpc/environment.h"

namespace cimvisor::rpc {

// Runs the query on a thread of environment.queries and sends its pages. A slow reader holds up the query, and with it
// a few pages, never the result; one that takes nothing for limits.stalled ends it. Owns itself; `request` and
// `context` are gRPC's and live until it is done.
grpc::ServerWriteReactor<v1::QueryResponse>* StartQuery(const Environment& environment, const CallerSource& callers,
                                                        const grpc::CallbackServerContext& context,
                                                        const v1::QueryRequest& request);

// Rows of a page: the service's choice, or the client's within what makes sense (at least 128: messages have a price).
size_t PageRows(uint32_t asked);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_QUERY_STREAM_H_
