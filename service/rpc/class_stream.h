// The stream of one EnumerateClasses.
#ifndef CIMVISOR_SERVICE_RPC_CLASS_STREAM_H_
#define CIMVISOR_SERVICE_RPC_CLASS_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include "cimvisor/v1/object_manager.pb.h"
#include "service/rpc/environment.h"

namespace cimvisor::rpc {

// Classes are immutable and shared: a page is made when the one before it was sent, on gRPC's own threads. Owns itself.
grpc::ServerWriteReactor<v1::EnumerateClassesResponse>* StartClassEnumeration(
    const Environment& environment, const CallerSource& callers, const grpc::CallbackServerContext& context,
    const v1::EnumerateClassesRequest& request);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_CLASS_STREAM_H_
