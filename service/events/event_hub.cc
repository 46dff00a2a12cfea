#include "service/events/event_hub.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/events/event_status.h"
#include "service/events/watcher.h"

namespace cimvisor::events {
namespace {

class WatcherSubscription : public Subscription {
 public:
  WatcherSubscription(std::shared_ptr<HubCore> core, std::shared_ptr<Watcher> watcher)
      : core_(std::move(core)), watcher_(std::move(watcher)) {}
  ~WatcherSubscription() override {
    watcher_->End();
    --core_->watchers;
  }
  absl::StatusOr<EventBatch> Poll(size_t max) override { return watcher_->Poll(max); }

 private:
  const std::shared_ptr<HubCore> core_;
  const std::shared_ptr<Watcher> watcher_;
};

class RingEventHub : public EventHub {
 public:
  RingEventHub(store::Store& store, const EventHubOptions& options)
      : core_(std::make_shared<HubCore>(store, options)) {}
  ~RingEventHub() override { Close(); }

  void OnCommitted(const std::vector<store::JournalEntry>& entries) override {
    const bool keep = core_->watchers.load() > 0;
    core_->recent.Append(entries, keep);
    if (!keep) return;
    for (const auto& dispatcher : core_->dispatchers) dispatcher->Rouse();
  }

  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(SubscribeRequest request,
                                                          std::function<void()> wake) override {
    if (core_->closing) return ClosingStatus();
    if (core_->watchers.fetch_add(1) >= core_->options.subscription_limit) {
      --core_->watchers;
      return absl::ResourceExhaustedError(absl::StrCat("there are ", core_->options.subscription_limit,
                                                       " subscriptions already: end one, or try again later"));
    }
    absl::StatusOr<int64_t> after = Start(request.after);
    if (!after.ok()) {
      --core_->watchers;
      return after.status();
    }
    Dispatcher& dispatcher = *core_->dispatchers[next_dispatcher_++ % core_->dispatchers.size()];
    auto watcher = std::make_shared<Watcher>(core_, dispatcher, *after, std::move(request), std::move(wake));
    return std::make_unique<WatcherSubscription>(core_, std::move(watcher));
  }

  void Close() override {
    core_->closing = true;
    for (const auto& dispatcher : core_->dispatchers) dispatcher->Close();
  }

  size_t subscription_count() const override { return core_->watchers; }

 private:
  // Where a subscription begins; kOutOfRange when that is not there.
  absl::StatusOr<int64_t> Start(std::optional<int64_t> after) const {
    const int64_t last = core_->store.revision();
    if (!after) return last;
    if (*after < 0) return absl::InvalidArgumentError(absl::StrCat(*after, " is no revision"));
    if (*after > last) return FutureStatus(*after, last);
    if (!core_->recent.PositionAfter(*after)) {
      ASSIGN_OR_RETURN(const int64_t oldest, core_->store.OldestJournalRevision());
      if (*after + 1 < oldest) return TrimmedStatus(*after, oldest);
    }
    return *after;
  }

  const std::shared_ptr<HubCore> core_;
  std::atomic<size_t> next_dispatcher_ = 0;
};

}  // namespace

std::unique_ptr<EventHub> EventHub::Create(store::Store& store, EventHubOptions options) {
  return std::make_unique<RingEventHub>(store, options);
}

}  // namespace cimvisor::events
