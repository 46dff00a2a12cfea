// The stream of one Console.Attach.
#ifndef CIMVISOR_SERVICE_RPC_ATTACH_STREAM_H_
#define CIMVISOR_SERVICE_RPC_ATTACH_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include "cimvisor/v1/console.pb.h"
#include "service/rpc/environment.h"

namespace cimvisor::rpc {

// An attached console costs no thread. Output is pulled as the client takes it; input that the object has no room for
// is held (one message) and nothing more is read until it went. Owns itself; `context` is gRPC's and lives until it is
// done.
grpc::ServerBidiReactor<v1::ConsoleRequest, v1::ConsoleResponse>* StartAttachment(
    const Environment& environment, const CallerSource& callers, const grpc::CallbackServerContext& context);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_ATTACH_STREAM_H_
