// Delivery of committed changes to many watchers: each reads the same recent entries at its own pace.
//
// The hub keeps the last entries once, in a ring; a subscription is a place in it (some hundred bytes, no thread). A
// commit appends to the ring and rouses the hub's few dispatcher threads, which call the `wake` functions of the
// watchers that have something to fetch. A slow watcher thus never delays a commit: when the ring moves past its place,
// it is cut, with the revision at which to resume.
//
//   auto subscription = hub.Subscribe({.after = 41}, [&] { reactor.Fetch(); });
//   // in Fetch(), and once after Subscribe:
//   auto batch = subscription->Poll(128);
//   if (!batch.ok()) Finish(batch.status());       // cut, journal trimmed, or closing
//   else if (batch->entries.empty()) return;       // wake is called when there is more
//   else Send(*batch);                             // then Poll again
#ifndef CIMVISOR_SERVICE_EVENTS_EVENT_HUB_H_
#define CIMVISOR_SERVICE_EVENTS_EVENT_HUB_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/store/store.h"

namespace cimvisor::events {

struct SubscribeRequest {
  // Entries of revisions above this one: first from the journal, then live, without a gap or a repeat. Empty: from now.
  std::optional<int64_t> after = {};
  // Which entries the watcher wants; empty: all. Runs on dispatcher threads and in Poll, so it must be quick,
  // thread-safe, and call nothing of the hub. Entries that it refuses cost no wake-up.
  std::function<bool(const store::JournalEntry&)> wanted = nullptr;
};

struct EventBatch {
  std::vector<std::shared_ptr<const store::JournalEntry>> entries;  // in order; empty: nothing now
  // Everything up to here was delivered or refused by `wanted`: the `after` of a later subscription. A batch may end in
  // the middle of a revision; then this is the revision before it.
  int64_t resume_after = 0;
};

// One watcher. Poll is called by one thread at a time; the destructor may run on any thread, also inside `wake`.
class Subscription {
 public:
  // Ends the subscription. Returns once no call of `wake` is running (unless it is called from `wake` itself); none
  // comes later. May not be called with a lock held that `wake` takes.
  virtual ~Subscription() = default;

  // At most `max` (at least 1) entries that are there now. When it returns none, `wake` is called once something is
  // there. Reads the store's journal while it catches up. Errors are final:
  //   kAborted     the watcher was too slow and was cut; ResumeRevision() of the status says where to subscribe again
  //   kOutOfRange  the journal no longer reaches back so far; OldestRevision() of the status says how far it does
  //   kUnavailable the hub is closing
  virtual absl::StatusOr<EventBatch> Poll(size_t max) = 0;
};

// The revision to pass as `after` for the next subscription, from a status of Poll; empty when it has none.
std::optional<int64_t> ResumeRevision(const absl::Status& status);
// The oldest revision whose entries are still in the journal, from a status of Poll or Subscribe.
std::optional<int64_t> OldestRevision(const absl::Status& status);

struct EventHubOptions {
  size_t ring_entries = 8192;           // how far a live watcher may lag
  size_t ring_bytes = 8 * 1024 * 1024;  // of payload; the newest revision is always kept whole
  size_t subscription_limit = 20000;    // more are refused with kResourceExhausted
  size_t replay_batch = 512;            // entries read from the journal at once
  int dispatcher_threads = 2;
};

// Thread-safe. Its owner hands it to Store::SetJournalSink before the first change and takes it away
// (SetJournalSink(nullptr)) before destroying it. `store` must outlive it.
class EventHub : public store::JournalSink {
 public:
  static std::unique_ptr<EventHub> Create(store::Store& store, EventHubOptions options = {});

  // `wake` is called on a dispatcher thread, never under a lock of the hub, at most once after each Poll that returned
  // no entries; so the first Poll is the caller's. It must not block: it calls Poll, or tells another thread to.
  // kOutOfRange when `after` lies before the journal or after the last revision, kInvalidArgument when it is negative,
  // kResourceExhausted at the limit, kUnavailable when closing.
  virtual absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(SubscribeRequest request,
                                                                  std::function<void()> wake) = 0;
  // Ends every subscription with kUnavailable (each is woken) and refuses new ones. Idempotent.
  virtual void Close() = 0;

  virtual size_t subscription_count() const = 0;
};

}  // namespace cimvisor::events

#endif  // CIMVISOR_SERVICE_EVENTS_EVENT_HUB_H_
