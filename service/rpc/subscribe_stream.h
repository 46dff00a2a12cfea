// The stream of one Subscribe.
#ifndef CIMVISOR_SERVICE_RPC_SUBSCRIBE_STREAM_H_
#define CIMVISOR_SERVICE_RPC_SUBSCRIBE_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include "cimvisor/v1/object_manager.pb.h"
#include "service/rpc/environment.h"

namespace cimvisor::rpc {

// A watcher costs no thread: each step (fetch some events, send them) runs on environment.streams when there is
// something to do. A slow reader is fed from the journal by the broker. Owns itself; `request` and `context` are
// gRPC's and live until it is done.
grpc::ServerWriteReactor<v1::SubscribeResponse>* StartSubscription(const Environment& environment,
                                                                   const CallerSource& callers,
                                                                   const grpc::CallbackServerContext& context,
                                                                   const v1::SubscribeRequest& request);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_SUBSCRIBE_STREAM_H_
