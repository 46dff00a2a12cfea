// The event feeds of all namespaces, made when they are first asked for.
#ifndef CIMVISOR_SERVICE_BROKER_EVENT_FEEDS_H_
#define CIMVISOR_SERVICE_BROKER_EVENT_FEEDS_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "service/broker/dependencies.h"
#include "service/broker/event_feed.h"

namespace cimvisor::broker {

// Thread-safe. Feeds live as long as this does.
class EventFeeds {
 public:
  explicit EventFeeds(const BrokerDependencies& dependencies) : dependencies_(dependencies) {}

  // CIM_ERR_NOT_SUPPORTED for a namespace that has no events. `name_space` is canonical.
  absl::StatusOr<EventFeed*> Find(const std::string& name_space);

 private:
  const BrokerDependencies& dependencies_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<EventFeed>> feeds_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_EVENT_FEEDS_H_
