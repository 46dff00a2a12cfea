// One subscription: a place among the recent entries, or in the journal while it catches up.
#ifndef CIMVISOR_SERVICE_EVENTS_WATCHER_H_
#define CIMVISOR_SERVICE_EVENTS_WATCHER_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "service/events/dispatcher.h"
#include "service/events/event_hub.h"
#include "service/events/recent_entries.h"

namespace cimvisor::events {

// What a watcher needs of its hub, and what outlives the hub until the last watcher is gone. The hub closes the
// dispatchers before it lets go, so that they let go of the watchers.
struct HubCore {
  HubCore(store::Store& the_store, const EventHubOptions& the_options)
      : store(the_store), options(the_options), recent(options.ring_entries, options.ring_bytes, the_store.revision()) {
    for (int i = 0; i < std::max(options.dispatcher_threads, 1); ++i) {
      dispatchers.push_back(std::make_unique<Dispatcher>());
    }
  }

  store::Store& store;
  const EventHubOptions options;
  RecentEntries recent;
  std::atomic<bool> closing = false;
  std::atomic<size_t> watchers = 0;
  std::vector<std::unique_ptr<Dispatcher>> dispatchers;
};

class Watcher : public std::enable_shared_from_this<Watcher> {
 public:
  // `dispatcher` is one of the core's. Begins after revision `after`.
  Watcher(std::shared_ptr<HubCore> core, Dispatcher& dispatcher, int64_t after, SubscribeRequest request,
          std::function<void()> wake);

  // As Subscription::Poll.
  absl::StatusOr<EventBatch> Poll(size_t max);
  // No `wake` runs or comes after it, unless it is called from `wake`.
  void End();
  // On the dispatcher's thread: wakes the watcher where there is something that it wants. True: it waits on.
  bool TakeTurn();

 private:
  enum class Took : uint8_t { kSome, kNothing, kOverrun };

  bool Wants(const store::JournalEntry& entry) const { return !wanted_ || wanted_(entry); }
  bool TakeBacklog(size_t max, EventBatch* batch);
  // The next part of the journal into the backlog.
  absl::Status CatchUp();
  // From the journal to the recent entries; false when these do not reach back so far.
  bool GoLive() ABSL_LOCKS_EXCLUDED(mutex_);
  Took TakeLive(size_t max, EventBatch* batch) ABSL_LOCKS_EXCLUDED(mutex_);
  // One step of live delivery; true: `batch` is to be returned. `first` in its Poll: when the entries are gone by then,
  // the watcher stayed away too long and is cut; later it is no fault of its own and it catches up from the journal.
  absl::StatusOr<bool> TakeLiveOrWait(size_t max, bool first, EventBatch* batch) ABSL_LOCKS_EXCLUDED(mutex_);
  bool FindWanted() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsNotWaking() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !waking_; }
  int64_t after() const ABSL_LOCKS_EXCLUDED(mutex_);
  bool live() const ABSL_LOCKS_EXCLUDED(mutex_);

  const std::shared_ptr<HubCore> core_;
  Dispatcher& dispatcher_;
  const std::function<bool(const store::JournalEntry&)> wanted_;

  // Of the thread that polls.
  std::deque<EntryPointer> backlog_;
  absl::Status failed_;

  mutable absl::Mutex mutex_;
  int64_t after_ ABSL_GUARDED_BY(mutex_);          // everything up to this revision has passed
  bool live_ ABSL_GUARDED_BY(mutex_) = false;      // else it reads the journal after `after_`
  uint64_t position_ ABSL_GUARDED_BY(mutex_) = 0;  // of the next entry, when live
  int64_t floor_ ABSL_GUARDED_BY(mutex_) = 0;      // entries up to this revision came from the journal
  bool armed_ ABSL_GUARDED_BY(mutex_) = false;     // to be woken
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool waking_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread::id waking_thread_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> wake_;  // changed only while nobody can call it
};

}  // namespace cimvisor::events

#endif  // CIMVISOR_SERVICE_EVENTS_WATCHER_H_
