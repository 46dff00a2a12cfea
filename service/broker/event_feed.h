// Journal entries as the events of one namespace, rendered once for all who watch it.
#ifndef CIMVISOR_SERVICE_BROKER_EVENT_FEED_H_
#define CIMVISOR_SERVICE_BROKER_EVENT_FEED_H_

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "service/broker/provider.h"
#include "service/cim/class_repository.h"
#include "service/cim/instance.h"
#include "service/store/store.h"

namespace cimvisor::broker {

// An event as every watcher of the namespace gets it.
struct FeedEvent {
  std::shared_ptr<const cim::Instance> event;   // an __InstanceModificationEvent, …, with its instances; or extrinsic
  std::shared_ptr<const cim::Instance> target;  // null for an extrinsic event
  std::shared_ptr<const cim::Instance> previous;  // null where there is none
};

// The instance of `event_class` (an __InstanceOperationEvent) about these instances, at `time`.
std::shared_ptr<const cim::Instance> MakeEventInstance(const std::shared_ptr<const cim::Class>& event_class,
                                                       const RenderedEvent& rendered, absl::Time time);

// Thread-safe.
class EventFeed {
 public:
  // Fails with CIM_ERR_INVALID_CLASS when the namespace lacks the classes of the intrinsic events. `renderer` outlives
  // the feed.
  static absl::StatusOr<std::unique_ptr<EventFeed>> Create(const cim::ClassRepository& classes,
                                                           const std::string& name_space,
                                                           const EventRenderer& renderer);

  // The events of an entry. A thousand watchers that ask for the same recent entry cost one rendering.
  std::shared_ptr<const std::vector<FeedEvent>> Render(const store::JournalEntry& entry);

 private:
  using Events = std::shared_ptr<const std::vector<FeedEvent>>;
  using Position = std::pair<int64_t, int32_t>;  // revision and index of an entry

  explicit EventFeed(const EventRenderer& renderer) : renderer_(renderer) {}
  Events RenderAnew(const store::JournalEntry& entry) const;

  const EventRenderer& renderer_;
  std::shared_ptr<const cim::Class> creation_;
  std::shared_ptr<const cim::Class> modification_;
  std::shared_ptr<const cim::Class> deletion_;
  absl::Mutex mutex_;
  std::deque<std::pair<Position, Events>> recent_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_EVENT_FEED_H_
