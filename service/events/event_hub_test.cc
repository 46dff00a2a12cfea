#include "service/events/event_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "service/store/testing/temporary_folder.h"

namespace cimvisor::events {
namespace {

using store::JournalEntry;

// Counts wake-ups and lets a test wait for them.
class Waker {
 public:
  std::function<void()> Function() {
    return [this] {
      const absl::MutexLock lock(&mutex_);
      ++count_;
    };
  }
  void WaitFor(int count) {
    const absl::MutexLock lock(&mutex_);
    const auto reached = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return count_ >= count; };
    mutex_.Await(absl::Condition(&reached));
  }
  int count() const {
    const absl::MutexLock lock(&mutex_);
    return count_;
  }

 private:
  mutable absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

class EventHubTest : public ::testing::Test {
 protected:
  EventHubTest() { OpenStore({}); }
  ~EventHubTest() override {
    if (hub_ != nullptr) store_->SetJournalSink(nullptr);
  }

  void OpenStore(store::StoreOptions options) {
    store_.reset();
    options.path = folder_.File("db");
    store_ = *store::Store::Open(std::move(options));
  }

  void StartHub(EventHubOptions options = {}) {
    hub_ = EventHub::Create(*store_, options);
    store_->SetJournalSink(hub_.get());
  }

  // One change with `entries` entries, their ids counting on.
  int64_t Commit(int entries, const std::string& kind = "machine", size_t payload = 0) {
    return *store_->Commit({[&](store::Transaction& transaction) {
                              for (int i = 0; i < entries; ++i) {
                                JournalEntry entry;
                                entry.entity_kind = kind;
                                entry.entity_id = absl::StrCat(next_id_++);
                                entry.payload = std::string(payload, 'p');
                                transaction.AppendJournal(std::move(entry));
                              }
                              return absl::OkStatus();
                            },
                            nullptr});
  }

  std::unique_ptr<Subscription> Subscribe(std::optional<int64_t> after = {}) {
    auto subscription = hub_->Subscribe({.after = after}, waker_.Function());
    EXPECT_TRUE(subscription.ok()) << subscription.status();
    return subscription.ok() ? *std::move(subscription) : nullptr;
  }

  static std::vector<int> Ids(const EventBatch& batch) {
    std::vector<int> ids;
    for (const auto& entry : batch.entries) {
      int id = -1;
      EXPECT_TRUE(absl::SimpleAtoi(entry->entity_id, &id));
      ids.push_back(id);
    }
    return ids;
  }

  static std::vector<int> PollIds(Subscription& subscription, size_t max) {
    const auto batch = subscription.Poll(max);
    EXPECT_TRUE(batch.ok()) << batch.status();
    return batch.ok() ? Ids(*batch) : std::vector<int>();
  }

  store::testing::TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
  Waker waker_;
  std::unique_ptr<EventHub> hub_;
  int next_id_ = 0;
};

using Numbers = std::vector<int>;

TEST_F(EventHubTest, FromNowHearsWhatComesAndIsWokenOnce) {
  StartHub();
  Commit(2);
  auto subscription = Subscribe();
  EXPECT_EQ(PollIds(*subscription, 10), Numbers());
  EXPECT_EQ(waker_.count(), 0);
  Commit(1);
  waker_.WaitFor(1);
  Commit(2);  // no second wake-up before the next empty Poll
  const auto batch = subscription->Poll(10);
  EXPECT_EQ(Ids(*batch), (Numbers{2, 3, 4}));
  EXPECT_EQ(batch->resume_after, 3);
  EXPECT_EQ(PollIds(*subscription, 10), Numbers());
  Commit(1);
  waker_.WaitFor(2);
  EXPECT_EQ(waker_.count(), 2);
}

TEST_F(EventHubTest, FromARevisionReplaysThenGoesLiveWithoutGapOrRepeat) {
  for (int i = 0; i < 5; ++i) Commit(2);
  StartHub({.replay_batch = 3});
  Commit(2);
  auto subscription = Subscribe(1);
  Commit(2);
  Numbers all;
  for (Numbers some = PollIds(*subscription, 3); !some.empty(); some = PollIds(*subscription, 3)) {
    EXPECT_LE(some.size(), 3u);
    all.insert(all.end(), some.begin(), some.end());
  }
  EXPECT_EQ(all, (Numbers{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}));
  Commit(1);
  waker_.WaitFor(1);
  EXPECT_EQ(PollIds(*subscription, 3), Numbers{14});
}

TEST_F(EventHubTest, RevisionsWithoutEntriesDoNotStopTheReplay) {
  Commit(1);
  for (int i = 0; i < 3; ++i) Commit(0);
  StartHub();
  auto subscription = Subscribe(0);
  EXPECT_EQ(PollIds(*subscription, 10), Numbers{0});
  EXPECT_EQ(PollIds(*subscription, 10), Numbers());
  auto after_end = Subscribe(4);
  EXPECT_EQ(PollIds(*after_end, 10), Numbers());
}

TEST_F(EventHubTest, ResumeAfterIsTheLastWholeRevision) {
  StartHub();
  auto live = Subscribe();
  Commit(3);
  Commit(1);
  auto replayed = Subscribe(0);
  for (auto* subscription : {live.get(), replayed.get()}) {
    EXPECT_EQ(subscription->Poll(2)->resume_after, 0);
    EXPECT_EQ(subscription->Poll(1)->resume_after, 1);
    EXPECT_EQ(subscription->Poll(9)->resume_after, 2);
  }
}

TEST_F(EventHubTest, SlowWatcherIsCutWithTheRevisionToResumeAt) {
  StartHub({.ring_entries = 4});
  auto slow = Subscribe();
  Commit(1);
  EXPECT_EQ(PollIds(*slow, 1), Numbers{0});
  for (int i = 0; i < 10; ++i) Commit(1);
  const auto cut = slow->Poll(10);
  EXPECT_TRUE(absl::IsAborted(cut.status())) << cut.status();
  ASSERT_EQ(ResumeRevision(cut.status()), 1);
  EXPECT_EQ(slow->Poll(10).status(), cut.status()) << "an error is final";
  auto resumed = Subscribe(ResumeRevision(cut.status()));
  EXPECT_EQ(PollIds(*resumed, 100), (Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST_F(EventHubTest, RingIsBoundedByBytesButKeepsTheNewestRevisionWhole) {
  StartHub({.ring_bytes = 1000});
  auto subscription = Subscribe();
  Commit(5, "machine", 1000);
  EXPECT_EQ(PollIds(*subscription, 100).size(), 5u);
  Commit(1, "machine", 600);
  Commit(1, "machine", 600);
  EXPECT_TRUE(absl::IsAborted(subscription->Poll(10).status()));
}

TEST_F(EventHubTest, WhatIsNotWantedCostsNoWakeUp) {
  StartHub();
  auto idle = hub_->Subscribe({.wanted = [](const JournalEntry& entry) { return entry.entity_kind == "job"; }},
                              waker_.Function());
  EXPECT_EQ(PollIds(**idle, 10), Numbers());
  for (int i = 0; i < 100; ++i) Commit(1);
  Commit(1, "job");
  waker_.WaitFor(1);
  EXPECT_EQ(PollIds(**idle, 10), Numbers{100});
  EXPECT_EQ(waker_.count(), 1);
}

// With a ring this small even the dispatcher may be too late; then the watcher catches up from the journal.
TEST_F(EventHubTest, WaitingWatcherIsNeverCut) {
  StartHub({.ring_entries = 4});
  auto idle = hub_->Subscribe({.wanted = [](const JournalEntry& entry) { return entry.entity_kind == "job"; }},
                              waker_.Function());
  std::thread committing([&] {
    for (int i = 0; i < 100; ++i) Commit(1);
    Commit(1, "job");
  });
  absl::StatusOr<EventBatch> batch;
  int wakes = 0;
  for (batch = (*idle)->Poll(10); batch.ok() && batch->entries.empty(); batch = (*idle)->Poll(10)) {
    waker_.WaitFor(++wakes);
  }
  committing.join();
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(Ids(*batch), Numbers{100});
  EXPECT_EQ(batch->resume_after, 101);
}

TEST_F(EventHubTest, WantedFiltersReplayAndLive) {
  Commit(1, "job");
  Commit(2);
  StartHub();
  auto subscription = hub_->Subscribe(
      {.after = 0, .wanted = [](const JournalEntry& entry) { return entry.entity_kind == "job"; }}, waker_.Function());
  Commit(2);
  Commit(1, "job");
  Commit(1);
  EXPECT_EQ(PollIds(**subscription, 10), (Numbers{0, 5}));
}

TEST_F(EventHubTest, TrimmedJournalIsAnErrorThatNamesTheOldest) {
  OpenStore({.journal_rows = 3, .trim_interval = absl::ZeroDuration()});
  StartHub({.ring_entries = 1});
  for (int i = 0; i < 8; ++i) Commit(1);
  Commit(0);  // begins when the trimming before it is over
  const auto refused = hub_->Subscribe({.after = 1}, waker_.Function());
  EXPECT_TRUE(absl::IsOutOfRange(refused.status())) << refused.status();
  EXPECT_EQ(OldestRevision(refused.status()), 6);
  EXPECT_EQ(hub_->subscription_count(), 0u);
  auto subscription = Subscribe(5);
  for (int i = 0; i < 8; ++i) Commit(1);
  Commit(0);
  const auto trimmed = subscription->Poll(10);
  EXPECT_TRUE(absl::IsOutOfRange(trimmed.status())) << trimmed.status();
  EXPECT_TRUE(OldestRevision(trimmed.status()).has_value());
  EXPECT_FALSE(ResumeRevision(trimmed.status()).has_value());
}

TEST_F(EventHubTest, RevisionsThatNeverWereAreRefused) {
  StartHub();
  Commit(1);
  EXPECT_TRUE(absl::IsOutOfRange(hub_->Subscribe({.after = 2}, waker_.Function()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(hub_->Subscribe({.after = -1}, waker_.Function()).status()));
}

TEST_F(EventHubTest, LimitOfSubscriptions) {
  StartHub({.subscription_limit = 2});
  auto first = Subscribe();
  auto second = Subscribe();
  EXPECT_TRUE(absl::IsResourceExhausted(hub_->Subscribe({}, waker_.Function()).status()));
  second.reset();
  EXPECT_EQ(hub_->subscription_count(), 1u);
  EXPECT_TRUE(hub_->Subscribe({}, waker_.Function()).ok());
}

TEST_F(EventHubTest, CloseWakesWaitersAndRefusesNewOnes) {
  StartHub();
  auto subscription = Subscribe();
  EXPECT_EQ(PollIds(*subscription, 10), Numbers());
  hub_->Close();
  waker_.WaitFor(1);
  EXPECT_TRUE(absl::IsUnavailable(subscription->Poll(10).status()));
  EXPECT_TRUE(absl::IsUnavailable(hub_->Subscribe({}, waker_.Function()).status()));
  store_->SetJournalSink(nullptr);
  hub_.reset();
  EXPECT_TRUE(absl::IsUnavailable(subscription->Poll(10).status())) << "it may outlive the hub";
}

TEST_F(EventHubTest, SubscriptionMayEndInsideItsWake) {
  StartHub();
  std::unique_ptr<Subscription> subscription;
  absl::Notification ended;
  subscription = *hub_->Subscribe({}, [&] {
    subscription.reset();
    ended.Notify();
  });
  EXPECT_EQ(PollIds(*subscription, 10), Numbers());
  Commit(1);
  ended.WaitForNotification();
  EXPECT_EQ(hub_->subscription_count(), 0u);
}

TEST_F(EventHubTest, EndWaitsForARunningWake) {
  StartHub();
  absl::Notification entered;
  absl::Notification go;
  std::atomic<bool> left = false;
  auto subscription = *hub_->Subscribe({}, [&] {
    entered.Notify();
    go.WaitForNotification();
    left = true;
  });
  EXPECT_EQ(PollIds(*subscription, 10), Numbers());
  Commit(1);
  entered.WaitForNotification();
  std::thread releasing([&] { go.Notify(); });
  subscription.reset();
  EXPECT_TRUE(left);
  releasing.join();
}

TEST_F(EventHubTest, ThousandsOfIdleWatchersEachHearTheirOwn) {
  constexpr int kWatchers = 3000;
  StartHub();
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (int i = 0; i < kWatchers; ++i) {
    auto subscription =
        hub_->Subscribe({.wanted = [id = absl::StrCat(i)](const JournalEntry& entry) { return entry.entity_id == id; }},
                        waker_.Function());
    EXPECT_TRUE((*subscription)->Poll(1)->entries.empty());
    subscriptions.push_back(*std::move(subscription));
  }
  Commit(kWatchers);
  waker_.WaitFor(kWatchers);
  for (int i = 0; i < kWatchers; ++i) EXPECT_EQ(PollIds(*subscriptions[static_cast<size_t>(i)], 10), Numbers{i});
}

// Writers, watchers that begin anywhere, and watchers that come and go: each hears every entry once and in order.
TEST_F(EventHubTest, ConcurrentWatchersMissNothingAndRepeatNothing) {
  constexpr int kChanges = 300;
  StartHub({.ring_entries = 64, .replay_batch = 16});
  std::atomic<bool> writing = true;
  std::thread churning([&] {
    while (writing) {
      auto passing = hub_->Subscribe({}, [] {});
      if (passing.ok()) (*passing)->Poll(1).IgnoreError();
    }
  });
  std::vector<std::thread> watching;
  watching.reserve(4);
  for (int w = 0; w < 4; ++w) {
    watching.emplace_back([&] {
      int next = 0;
      int64_t resume = 0;
      while (next < kChanges * 2) {
        Waker waker;
        auto subscription = *hub_->Subscribe({.after = resume}, waker.Function());
        int wakes = 0;
        while (next < kChanges * 2) {
          const auto batch = subscription->Poll(7);
          if (absl::IsAborted(batch.status())) {  // cut: a part of a revision may come again
            resume = *ResumeRevision(batch.status());
            next = static_cast<int>(resume) * 2;
            break;
          }
          ASSERT_TRUE(batch.ok()) << batch.status();
          for (const int id : Ids(*batch)) ASSERT_EQ(id, next++);
          if (batch->entries.empty()) waker.WaitFor(++wakes);
        }
      }
    });
  }
  for (int i = 0; i < kChanges; ++i) Commit(2);
  for (std::thread& thread : watching) thread.join();
  writing = false;
  churning.join();
}

}  // namespace
}  // namespace cimvisor::events
