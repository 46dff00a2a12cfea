// The stream of one Upload.
#ifndef CIMVISOR_SERVICE_RPC_UPLOAD_STREAM_H_
#define CIMVISOR_SERVICE_RPC_UPLOAD_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include "cimvisor/v1/object_manager.pb.h"
#include "service/rpc/environment.h"

namespace cimvisor::rpc {

// Stores a file below the root `boot` or `images`, for administrators. The file appears when the client has ended its
// stream and everything is durable; a client that goes away leaves nothing. Each message is handled on
// environment.streams. Owns itself; `context` and `response` are gRPC's and live until it is done.
grpc::ServerReadReactor<v1::UploadRequest>* StartUpload(const Environment& environment, const CallerSource& callers,
                                                        const grpc::CallbackServerContext& context,
                                                        v1::UploadResponse& response);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_UPLOAD_STREAM_H_
