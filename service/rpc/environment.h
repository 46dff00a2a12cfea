// What every call of the front end works with.
#ifndef CIMVISOR_SERVICE_RPC_ENVIRONMENT_H_
#define CIMVISOR_SERVICE_RPC_ENVIRONMENT_H_

#include <grpcpp/server_context.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/broker/broker.h"
#include "service/console/console_directory.h"
#include "service/rpc/host_services.h"
#include "service/rpc/renderers.h"
#include "service/rpc/request_header.h"
#include "service/rpc/worker_pool.h"
#include "service/security/caller.h"

namespace cimvisor::rpc {

// What one client may take. The defaults fit 1,000 watchers on one connection.
struct Limits {
  int message_bytes = 4 * 1024 * 1024;        // of one request message
  int streams_per_connection = 1024;          // calls at once
  absl::Duration call = absl::Minutes(5);     // any call but the streams of Subscribe, Upload and Attach
  absl::Duration stalled = absl::Minutes(1);  // a query ends when its reader takes nothing for so long
  uint64_t upload_bytes = 4ull * 1024 * 1024 * 1024;
  size_t call_threads = 32;   // calls that wait for commits
  size_t query_threads = 64;  // queries at once
  size_t stream_threads = 4;  // for all watchers and uploads together
  size_t waiting_calls = 1024;
  size_t users = 256;  // different users on the unix socket
};

enum class LogLevel : uint8_t { kInformation, kWarning, kError };
// One event in a line; `object` may be empty.
using LogFunction = std::function<void(LogLevel level, absl::string_view object, absl::string_view text)>;

// Everything outlives the servers.
struct Environment {
  broker::Broker* broker = nullptr;
  console::ConsoleDirectory* consoles = nullptr;
  HostServices* host = nullptr;
  ServiceIdentity identity;
  Renderers renderers;
  Limits limits;
  LogFunction log;
  WorkerPool* calls = nullptr;    // unary calls that may wait
  WorkerPool* queries = nullptr;  // one thread each while it runs
  WorkerPool* streams = nullptr;  // short steps of long streams; its queue has no bound, for each stream has one step
};

// Who is at the other end of a connection. Thread-safe.
class CallerSource {
 public:
  virtual ~CallerSource() = default;
  virtual security::Caller CallerOf(const grpc::CallbackServerContext& context) const = 0;
};

// The client's deadline, but no later than the service allows a call to run.
absl::Time CallDeadline(const grpc::CallbackServerContext& context, const Limits& limits);

// The context of a call: ReadHeader with caller, deadline and cancellation. `context` must live until the call ended.
absl::StatusOr<broker::CallContext> MakeCallContext(const Environment& environment, const CallerSource& callers,
                                                    const grpc::CallbackServerContext& context,
                                                    const v1::RequestHeader& header, const HeaderOffer& offer);

// Too many calls wait: RESOURCE_EXHAUSTED that says so.
absl::Status TooManyCalls();

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_ENVIRONMENT_H_
