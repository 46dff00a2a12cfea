#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/broker/testing/test_world.h"
#include "service/cim/errors.h"
#include "service/events/event_status.h"

namespace cimvisor::broker {
namespace {

using cim::CimStatus;
using cim::CimStatusOf;
using store::JournalEntry;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestWorld;

const char* const kAllChanges = "SELECT * FROM __InstanceOperationEvent WITHIN 1 WHERE TargetInstance ISA 'T_Machine'";

class SubscribeTest : public ::testing::Test {
 protected:
  static JournalEntry Entry(int64_t revision, int32_t index, const std::string& states,
                            JournalEntry::Kind kind = JournalEntry::Kind::kModified) {
    JournalEntry entry;
    entry.revision = revision;
    entry.index = index;
    entry.time = absl::FromUnixSeconds(1700000000);
    entry.kind = kind;
    entry.entity_kind = "T_Machine";
    entry.entity_id = absl::StrCat("m", revision, "-", index);
    entry.payload = states;
    return entry;
  }

  std::unique_ptr<Subscription> Subscribe(const std::string& wql, std::optional<int64_t> after = std::nullopt,
                                          const security::Caller& caller = TestWorld::Administrator()) {
    auto subscription =
        world_.broker->Subscribe(world_.Call(caller), SubscribeRequest{wql, after}, [this] { ++woken_; });
    EXPECT_TRUE(subscription.ok()) << subscription.status();
    return subscription.ok() ? *std::move(subscription) : nullptr;
  }
  absl::Status Error(const std::string& wql) {
    const auto subscription = world_.broker->Subscribe(world_.Call(), SubscribeRequest{wql, std::nullopt}, [] {});
    EXPECT_FALSE(subscription.ok()) << wql;
    return subscription.status();
  }

  // "+m1-0" created, "-m1-0" deleted, "~m1-0" modified.
  static std::string Text(const Event& event) {
    const absl::string_view cls = event.event->cls().name();
    const cim::Value* target = event.event->Find("TargetInstance");
    return absl::StrCat(cls == "__InstanceCreationEvent"   ? "+"
                        : cls == "__InstanceDeletionEvent" ? "-"
                                                           : "~",
                        target->object()->Find("Name")->ToText());
  }
  static std::vector<std::string> TakeAll(Subscription& subscription, size_t limit = 100) {
    std::vector<std::string> texts;
    for (;;) {
      const auto events = subscription.Take(limit);
      if (!events.ok()) texts.push_back(events.status().ToString());
      if (!events.ok() || events->empty()) return texts;
      EXPECT_LE(events->size(), limit);
      for (const Event& event : *events) texts.push_back(Text(event));
    }
  }

  TestWorld world_;
  int woken_ = 0;
};

TEST_F(SubscribeTest, FromNowDeliversWhatComes) {
  world_.hub.OnCommitted({Entry(1, 0, "|2", JournalEntry::Kind::kCreated)});
  const auto subscription = Subscribe(kAllChanges);
  EXPECT_EQ(subscription->start_revision(), 7);
  EXPECT_THAT(TakeAll(*subscription), IsEmpty());
  world_.hub.OnCommitted({Entry(8, 0, "|3", JournalEntry::Kind::kCreated), Entry(8, 1, "3|2")});
  world_.hub.OnCommitted({Entry(9, 0, "2|", JournalEntry::Kind::kDeleted)});
  EXPECT_EQ(woken_, 2);
  EXPECT_THAT(TakeAll(*subscription), ElementsAre("+m8-0", "~m8-1", "-m9-0"));
  EXPECT_THAT(TakeAll(*subscription), IsEmpty());
}

TEST_F(SubscribeTest, AfterARevisionReplaysTheJournal) {
  for (int revision = 1; revision <= 600; ++revision) world_.hub.OnCommitted({Entry(revision, 0, "2|3")});
  const auto subscription = Subscribe(kAllChanges, 2);
  EXPECT_EQ(subscription->start_revision(), 2);
  const std::vector<std::string> texts = TakeAll(*subscription, 7);
  ASSERT_EQ(texts.size(), 598U);
  EXPECT_EQ(texts.front(), "~m3-0");
  EXPECT_EQ(texts.back(), "~m600-0");
}

TEST_F(SubscribeTest, TheEventCarriesBothInstancesTimeAndRevision) {
  const auto subscription = Subscribe(
      "SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'T_System' AND TargetInstance.State <> "
      "PreviousInstance.State");
  world_.hub.OnCommitted({Entry(8, 0, "3|3"), Entry(9, 0, "3|2")});
  const auto events = subscription->Take(10);
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 1U);
  const Event& event = events->front();
  EXPECT_EQ(event.revision, 9);
  EXPECT_EQ(event.time, absl::FromUnixSeconds(1700000000));
  EXPECT_EQ(event.slots.size(), event.event->cls().properties().size());
  EXPECT_EQ(event.event->Find("TargetInstance")->object()->Find("State")->unsigned_value(), 2U);
  EXPECT_EQ(event.event->Find("PreviousInstance")->object()->Find("State")->unsigned_value(), 3U);
  EXPECT_EQ(event.event->Find("TIME_CREATED")->unsigned_value(), 133444736000000000U);
}

TEST_F(SubscribeTest, ColumnsSayWhatIsSent) {
  const auto subscription = Subscribe(
      "SELECT State, TargetInstance FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA 'T_Machine'");
  world_.hub.OnCommitted({Entry(8, 0, "3|2")});
  const auto events = subscription->Take(10);
  ASSERT_EQ(events->size(), 1U);
  const Event& event = events->front();
  EXPECT_THAT(event.slots, ElementsAre(event.event->cls().FindProperty("TargetInstance")));
}

// Cut by the hub in the middle of a revision: what was delivered does not come again, and nothing is missing.
TEST_F(SubscribeTest, ASlowReaderGoesOnFromTheJournal) {
  const auto subscription = Subscribe(kAllChanges, 0);
  world_.hub.OnCommitted({Entry(1, 0, "|2", JournalEntry::Kind::kCreated)});
  EXPECT_THAT(TakeAll(*subscription), ElementsAre("+m1-0"));
  world_.hub.journal.push_back(std::make_shared<JournalEntry>(Entry(1, 1, "2|3")));
  world_.hub.next_poll = events::CutStatus(0);
  world_.hub.OnCommitted({Entry(2, 0, "3|2")});
  EXPECT_THAT(TakeAll(*subscription), ElementsAre("~m1-1", "~m2-0"));
  EXPECT_EQ(world_.hub.subscriptions, 2);
  EXPECT_EQ(world_.hub.subscription_count(), 1U);
  EXPECT_EQ(world_.hub.last_after, 0);
}

TEST_F(SubscribeTest, ATrimmedJournalEndsIt) {
  const auto subscription = Subscribe(kAllChanges, 0);
  world_.hub.next_poll = events::TrimmedStatus(0, 50);
  const auto events = subscription->Take(10);
  EXPECT_EQ(events.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(events::OldestRevision(events.status()), 50);
}

TEST_F(SubscribeTest, AThousandWatchersCostOneRendering) {
  std::vector<std::unique_ptr<Subscription>> watchers;
  for (int i = 0; i < 1000; ++i) watchers.push_back(Subscribe(kAllChanges));
  world_.hub.OnCommitted({Entry(8, 0, "3|2")});
  for (const auto& watcher : watchers) EXPECT_THAT(TakeAll(*watcher), ElementsAre("~m8-0"));
  EXPECT_EQ(world_.renderer->rendered(), 1);
  watchers.clear();
  EXPECT_EQ(world_.hub.subscription_count(), 0U);
}

TEST_F(SubscribeTest, EventsOfClassesThatTheCallerMayNotReadAreLeftOut) {
  const auto reader = Subscribe("SELECT * FROM __InstanceCreationEvent", std::nullopt, TestWorld::Reader());
  const auto administrator = Subscribe("SELECT * FROM __InstanceCreationEvent");
  JournalEntry secret = Entry(8, 0, "|1", JournalEntry::Kind::kCreated);
  secret.entity_kind = "T_Secret";
  world_.hub.OnCommitted({secret});
  EXPECT_THAT(reader->Take(10).value(), IsEmpty());
  EXPECT_EQ(administrator->Take(10)->size(), 1U);
  const auto denied = world_.broker->Subscribe(
      world_.Call(TestWorld::Reader()),
      SubscribeRequest{"SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'T_Secret'", std::nullopt},
      [] {});
  EXPECT_EQ(CimStatusOf(denied.status()), CimStatus::kAccessDenied);
  EXPECT_THAT(world_.Denials(), ElementsAre("reader Subscribe"));
}

// A revision with several events, cut between any two of them.
TEST_F(SubscribeTest, AWatcherGoesOnBehindAnyEvent) {
  for (int revision = 1; revision <= 3; ++revision) {
    for (int32_t index = 0; index < 3; ++index) world_.hub.OnCommitted({Entry(revision, index, "2|3")});
  }
  const std::vector<std::string> all = {"~m1-0", "~m1-1", "~m1-2", "~m2-0", "~m2-1",
                                        "~m2-2", "~m3-0", "~m3-1", "~m3-2"};
  for (size_t taken = 1; taken <= all.size(); ++taken) {
    const auto before = Subscribe(kAllChanges, 0)->Take(taken);
    ASSERT_TRUE(before.ok());
    ASSERT_EQ(before->size(), taken);
    auto resumed = world_.broker->Subscribe(
        world_.Call(), SubscribeRequest{kAllChanges, before->back().revision, before->back().index}, [] {});
    ASSERT_TRUE(resumed.ok()) << resumed.status();
    EXPECT_EQ((*resumed)->start_revision(), before->back().revision);
    EXPECT_EQ(TakeAll(**resumed),
              std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(taken), all.end()));
  }
  EXPECT_THAT(TakeAll(*Subscribe(kAllChanges, 2)), ElementsAre("~m3-0", "~m3-1", "~m3-2"));
}

TEST_F(SubscribeTest, ExtrinsicEventsComeByClassAndRight) {
  const auto occurred = [](int64_t revision, const std::string& cls, const std::string& text) {
    JournalEntry entry = Entry(revision, 0, text, JournalEntry::Kind::kOccurred);
    entry.entity_kind = cls;
    return entry;
  };
  const auto alerts = Subscribe("SELECT * FROM T_Alert WHERE Text LIKE 'disk%'");
  const auto reader = Subscribe("SELECT * FROM __ExtrinsicEvent", std::nullopt, TestWorld::Reader());
  const auto everything = Subscribe("SELECT * FROM __Event");
  const auto changes = Subscribe(kAllChanges);
  world_.hub.OnCommitted({occurred(8, "T_Alert", "disk full"), occurred(9, "T_Alert", "fan"),
                          occurred(10, "T_SecretAlert", "disk stolen"), Entry(11, 0, "2|3")});
  const auto texts = [](Subscription& subscription) {
    std::vector<std::string> found;
    const auto events = subscription.Take(10);
    EXPECT_TRUE(events.ok()) << events.status();
    for (const Event& event : *events) {
      const cim::Value* text = event.event->Find("Text");
      found.push_back(text == nullptr ? event.event->cls().name() : text->string());
      EXPECT_FALSE(event.event->Find("TIME_CREATED")->is_null());
    }
    return found;
  };
  EXPECT_THAT(texts(*alerts), ElementsAre("disk full", "disk stolen"));
  EXPECT_THAT(texts(*reader), ElementsAre("disk full", "fan"));
  EXPECT_THAT(texts(*everything), ElementsAre("disk full", "fan", "disk stolen", "__InstanceModificationEvent"));
  EXPECT_THAT(texts(*changes), ElementsAre("__InstanceModificationEvent"));
  EXPECT_EQ(CimStatusOf(world_.broker
                            ->Subscribe(world_.Call(TestWorld::Reader()),
                                        SubscribeRequest{"SELECT * FROM T_SecretAlert", std::nullopt}, [] {})
                            .status()),
            CimStatus::kAccessDenied);
}

TEST_F(SubscribeTest, EventsThatCannotHappenAreAcceptedAndNoneComes) {
  const auto subscription = Subscribe("SELECT * FROM __ClassOperationEvent");
  world_.hub.OnCommitted({Entry(8, 0, "2|3")});
  EXPECT_THAT(TakeAll(*subscription), IsEmpty());
}

// The entries' time lies far back, so that a group is over as soon as somebody looks.
TEST_F(SubscribeTest, GroupsAreCountedByKeyAndToldWhenTheyAreOver) {
  const auto grouped = Subscribe(
      "SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'T_Machine' GROUP WITHIN 10 BY "
      "TargetInstance.State HAVING NumberOfEvents > 1");
  EXPECT_EQ(world_.timer.last_interval, absl::Seconds(1));
  JournalEntry late = Entry(12, 0, "3|2");
  late.time += absl::Seconds(10);
  world_.hub.OnCommitted(
      {Entry(8, 0, "3|2"), Entry(9, 0, "2|3"), Entry(10, 0, "3|2"), Entry(11, 0, "3|9"), Entry(11, 1, "9|2"), late});
  const auto events = grouped->Take(10);
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 1U) << "one of 3 events; one of 1 each for 3, 9 and the later 2";
  const Event& event = events->front();
  EXPECT_EQ(event.event->cls().name(), "__AggregateEvent");
  EXPECT_EQ(event.event->Find("NumberOfEvents")->unsigned_value(), 3U);
  const cim::Instance& representative = *event.event->Find("Representative")->object();
  EXPECT_EQ(representative.cls().name(), "__InstanceModificationEvent");
  EXPECT_EQ(representative.Find("TargetInstance")->object()->Find("State")->unsigned_value(), 2U);
  EXPECT_EQ(event.revision, 8) << "the group that began at 9 was still open: from there nothing is missed";
  EXPECT_EQ(event.time, absl::FromUnixSeconds(1700000010));
}

TEST_F(SubscribeTest, AnOpenGroupWaitsForItsTime) {
  const auto grouped = Subscribe("SELECT * FROM __InstanceOperationEvent GROUP WITHIN 3600");
  JournalEntry now = Entry(8, 0, "3|2");
  now.time = absl::Now();
  world_.timer.Tick();
  EXPECT_EQ(woken_, 0) << "nothing to tell";
  world_.hub.OnCommitted({now});
  EXPECT_THAT(grouped->Take(10).value(), IsEmpty());
  const int before = woken_;
  world_.timer.Tick();
  EXPECT_EQ(woken_, before + 1);
}

TEST_F(SubscribeTest, TooManyGroupsEndTheSubscription) {
  const auto grouped = Subscribe("SELECT * FROM __InstanceModificationEvent GROUP WITHIN 3600 BY TargetInstance.Name");
  for (int i = 0; i < 5000; ++i) world_.hub.OnCommitted({Entry(8 + i, 0, "3|2")});
  EXPECT_EQ(CimStatusOf(grouped->Take(10).status()), CimStatus::kServerLimitsExceeded);
}

TEST_F(SubscribeTest, Errors) {
  EXPECT_EQ(CimStatusOf(Error("SELECT * FROM T_Machine")), CimStatus::kInvalidQuery);
  EXPECT_THAT(std::string(Error("SELECT * FROM T_Machine").message()), HasSubstr("T_Machine is no class of events"));
  EXPECT_EQ(CimStatusOf(Error("SELECT * FROM __MethodInvocationEvent")), CimStatus::kNotSupported);
  EXPECT_THAT(std::string(Error("SELECT * FROM __TimerEvent").message()), HasSubstr("no timer instructions"));
  EXPECT_EQ(CimStatusOf(Error("ASSOCIATORS OF {T_Settings='SA'}")), CimStatus::kInvalidQuery);
  EXPECT_EQ(CimStatusOf(Error("SELECT * FROM Nonsense")), CimStatus::kInvalidClass);
  EXPECT_EQ(CimStatusOf(Error("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance.Nmae = 1")),
            CimStatus::kInvalidQuery);
  CallContext elsewhere = world_.Call();
  elsewhere.name_space = testing::kOtherNamespace;
  EXPECT_FALSE(world_.broker->Subscribe(elsewhere, SubscribeRequest{kAllChanges, std::nullopt}, [] {}).ok());
}

}  // namespace
}  // namespace cimvisor::broker
