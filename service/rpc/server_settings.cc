#include "service/rpc/server_settings.h"

#include <grpc/grpc.h>

namespace cimvisor::rpc {
namespace {

constexpr int kPingAfterMs = 60 * 1000;
constexpr int kPingTimeoutMs = 20 * 1000;
constexpr int kClientPingsAtLeastMs = 10 * 1000;
constexpr int kHandshakeTimeoutMs = 20 * 1000;

}  // namespace

void ApplySettings(const Limits& limits, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(limits.message_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.streams_per_connection);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingAfterMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kClientPingsAtLeastMs);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
}

}  // namespace cimvisor::rpc
