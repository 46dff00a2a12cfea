// Event queries on volatile properties, whose changes are no commits: the instances are read at every WITHIN and
// compared with what they were.
#ifndef CIMVISOR_SERVICE_BROKER_SAMPLED_SUBSCRIPTION_H_
#define CIMVISOR_SERVICE_BROKER_SAMPLED_SUBSCRIPTION_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "service/broker/call.h"
#include "service/broker/dependencies.h"
#include "service/broker/sample_timer.h"
#include "service/wql/event_query.h"

namespace cimvisor::broker {

// Samples on the thread that calls Take(), when a WITHIN has passed; `on_ready` says so. Only instances that the
// query's conditions on keys allow are read. Its events have no revision (0) and cannot be resumed:
// CIM_ERR_NOT_SUPPORTED when `after_revision` is set; CIM_ERR_INVALID_QUERY without WITHIN or TargetInstance ISA.
absl::StatusOr<std::unique_ptr<Subscription>> SubscribeBySampling(const BrokerDependencies& dependencies,
                                                                  SampleTimer& timer, const CallContext& call,
                                                                  const SubscribeRequest& request,
                                                                  wql::EventQuery query,
                                                                  std::function<void()> on_ready);

// The slots of an event's class that a query's list asks for.
std::vector<int> EventSlots(const wql::EventQuery& query, const cim::Class& event_class);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_SAMPLED_SUBSCRIPTION_H_
