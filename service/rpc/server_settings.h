// What every gRPC server of the front end is built with.
#ifndef CIMVISOR_SERVICE_RPC_SERVER_SETTINGS_H_
#define CIMVISOR_SERVICE_RPC_SERVER_SETTINGS_H_

#include <grpcpp/server_builder.h>

#include "service/rpc/environment.h"

namespace cimvisor::rpc {

// Limits of messages and streams, and pings that find out about peers that are gone.
void ApplySettings(const Limits& limits, grpc::ServerBuilder& builder);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_SERVER_SETTINGS_H_
