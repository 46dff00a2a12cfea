// What a watch takes, and the loop behind Client::Watch.
#ifndef CIMVISOR_CLIENTS_CPP_WATCH_H_
#define CIMVISOR_CLIENTS_CPP_WATCH_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <grpcpp/channel.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cimvisor/v1/object_manager.grpc.pb.h"
#include "clients/cpp/cancellation.h"
#include "clients/cpp/event_cursor.h"

namespace cimvisor::client {

// Takes an event; false ends the watch (not an error).
using EventCallback = std::function<bool(const cimvisor::v1::Event&)>;

struct WatchOptions {
  std::string wql;              // an event query
  int64_t after_revision = -1;  // every event of a later revision; negative: from now
  cimvisor::v1::Representation representation = cimvisor::v1::REPRESENTATION_OBJECTS;
  absl::Time deadline = absl::InfiniteFuture();  // kDeadlineExceeded then
  // How long the service may be away, once the watch has started, before it is given up with kUnavailable. Unset: the
  // client's own. Zero: a broken connection ends the watch.
  std::optional<absl::Duration> patience;
  // Hears the revision from which nothing is missed, once, before the first event. May be empty.
  std::function<void(int64_t revision)> on_started;
  // Hear that the connection broke, and that the watch goes on after that revision. May be empty.
  std::function<void(const absl::Status& why)> on_interrupted;
  std::function<void(int64_t revision)> on_resumed;
};

// One watch, over as many subscriptions as there are connections. Not thread-safe.
class WatchLoop {
 public:
  // Turns the end of a subscription into words for the caller.
  using Explain = std::function<absl::Status(const grpc::Status&)>;

  // `request` has the query, the header and no start. All outlive the loop.
  WatchLoop(cimvisor::v1::ObjectManager::StubInterface& objects, grpc::Channel& channel, const WatchOptions& options,
            cimvisor::v1::SubscribeRequest request, absl::Duration patience, Explain explain);

  // Until `on_event` returns false or `cancellation` is cancelled (OK), or an error that no new connection mends.
  absl::Status Run(Cancellation& cancellation, const EventCallback& on_event);

 private:
  enum class End : uint8_t { kByCaller, kByService };

  absl::StatusOr<End> Subscribe(Cancellation& cancellation, const EventCallback& on_event);
  absl::StatusOr<bool> TakeResponse(const cimvisor::v1::SubscribeResponse& response, const EventCallback& on_event);
  // Waits for a connection; OK also when `cancellation` was cancelled meanwhile.
  absl::Status Reconnect(const absl::Status& why, Cancellation& cancellation);

  cimvisor::v1::ObjectManager::StubInterface& objects_;
  grpc::Channel& channel_;
  const WatchOptions& options_;
  cimvisor::v1::SubscribeRequest request_;
  const absl::Duration patience_;
  const Explain explain_;
  EventCursor cursor_;
  bool interrupted_ = false;
  absl::Time away_since_;
  absl::Duration pause_;  // before the next attempt
};

}  // namespace cimvisor::client

#endif  // CIMVISOR_CLIENTS_CPP_WATCH_H_
