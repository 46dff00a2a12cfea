// An event hub whose journal is a vector and whose subscribers can be cut off.
#ifndef CIMVISOR_SERVICE_BROKER_TESTING_FAKE_EVENT_HUB_H_
#define CIMVISOR_SERVICE_BROKER_TESTING_FAKE_EVENT_HUB_H_

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "service/events/event_hub.h"

namespace cimvisor::broker::testing {

// Single-threaded: OnCommitted wakes the subscribers itself.
class FakeEventHub : public events::EventHub {
 public:
  void OnCommitted(const std::vector<store::JournalEntry>& entries) override {
    for (const store::JournalEntry& entry : entries) journal.push_back(std::make_shared<store::JournalEntry>(entry));
    for (const Place* place : places_) {
      if (place->wake) place->wake();
    }
  }

  absl::StatusOr<std::unique_ptr<events::Subscription>> Subscribe(events::SubscribeRequest request,
                                                                  std::function<void()> wake) override {
    ++subscriptions;
    last_after = request.after;
    auto place = std::make_unique<Place>(*this);
    place->wake = std::move(wake);
    place->at = journal.size();
    if (request.after.has_value()) {
      place->at = static_cast<size_t>(std::count_if(
          journal.begin(), journal.end(), [&](const auto& entry) { return entry->revision <= *request.after; }));
    }
    return place;
  }

  void Close() override {}
  size_t subscription_count() const override { return places_.size(); }

  std::vector<std::shared_ptr<const store::JournalEntry>> journal;
  std::optional<int64_t> last_after;
  int subscriptions = 0;
  absl::Status next_poll;  // returned once, when it is an error

 private:
  class Place : public events::Subscription {
   public:
    explicit Place(FakeEventHub& hub) : hub_(hub) { hub_.places_.push_back(this); }
    ~Place() override { hub_.places_.erase(std::find(hub_.places_.begin(), hub_.places_.end(), this)); }

    absl::StatusOr<events::EventBatch> Poll(size_t max) override {
      if (!hub_.next_poll.ok()) return std::exchange(hub_.next_poll, absl::OkStatus());
      events::EventBatch batch;
      while (batch.entries.size() < max && at < hub_.journal.size()) batch.entries.push_back(hub_.journal[at++]);
      return batch;
    }

    size_t at = 0;
    std::function<void()> wake;

   private:
    FakeEventHub& hub_;
  };

  std::vector<Place*> places_;
};

}  // namespace cimvisor::broker::testing

#endif  // CIMVISOR_SERVICE_BROKER_TESTING_FAKE_EVENT_HUB_H_
