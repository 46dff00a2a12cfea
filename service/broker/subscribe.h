// Event queries: journal entries, rendered for the namespace, filtered, and checked against the caller's rights.
#ifndef CIMVISOR_SERVICE_BROKER_SUBSCRIBE_H_
#define CIMVISOR_SERVICE_BROKER_SUBSCRIBE_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "service/broker/call.h"
#include "service/broker/dependencies.h"
#include "service/broker/event_feeds.h"
#include "service/broker/sample_timer.h"

namespace cimvisor::broker {

// Broker::Subscribe. The subscription refers to `dependencies`, `feeds` and `timer`.
absl::StatusOr<std::unique_ptr<Subscription>> RunSubscribe(const BrokerDependencies& dependencies, EventFeeds& feeds,
                                                           SampleTimer& timer, const CallContext& call,
                                                           const SubscribeRequest& request,
                                                           std::function<void()> on_ready);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_SUBSCRIBE_H_
