// The events of a query with GROUP, counted: one __AggregateEvent for each group when its time is over.
#ifndef CIMVISOR_SERVICE_BROKER_EVENT_AGGREGATOR_H_
#define CIMVISOR_SERVICE_BROKER_EVENT_AGGREGATOR_H_

#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/broker/call.h"
#include "service/broker/event_feed.h"
#include "service/wql/event_group.h"

namespace cimvisor::broker {

// A group begins with its first event, by the time of the events, so that a replay of the journal makes the same groups
// as hearing them live. Not thread-safe: it belongs to its subscription.
class EventAggregator {
 public:
  // More groups at once end the subscription: a BY over a key would otherwise cost memory without bound.
  static constexpr size_t kMostGroups = 4096;

  // `group` outlives it.
  explicit EventAggregator(const wql::EventGroup& group) : group_(group) {}

  // Counts an event of `revision`; events come in the order of their time. Ends groups that were over before it.
  // CIM_ERR_SERVER_LIMITS_EXCEEDED for too many groups.
  absl::Status Add(const FeedEvent& event, int64_t revision, absl::Time time);

  // Ends the groups that are over at `now` and appends those that the HAVING selects. Their `revision` is the last one
  // before which, and with which, everything is told: from there nothing is missed.
  void TakeEnded(absl::Time now, std::deque<Event>* events);

  bool empty() const { return open_.empty(); }

 private:
  struct Group {
    std::string key;
    absl::Time begin;
    int64_t first_revision = 0;
    uint32_t count = 0;
    std::shared_ptr<const cim::Instance> representative;  // the newest
  };

  void EndUntil(absl::Time now);

  const wql::EventGroup& group_;
  std::list<Group> open_;  // in the order of their begin
  absl::flat_hash_map<std::string, std::list<Group>::iterator> by_key_;
  std::deque<Event> ended_;
  int64_t last_revision_ = 0;
};

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_EVENT_AGGREGATOR_H_
