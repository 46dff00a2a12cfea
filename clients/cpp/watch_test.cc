// Client::Watch behind connections that break.
#include "clients/cpp/watch.h"

#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "clients/cpp/errors.h"
#include "clients/cpp/testing/fake_service.h"

namespace cimvisor::client {
namespace {

using ::testing::ElementsAre;
using testing::FakeService;
using ::testing::HasSubstr;

class WatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    service_.Start();
    ClientOptions options;
    options.connection.server = service_.address();
    options.patience = absl::Seconds(20);
    client_ = *Client::Connect(options);
    watch_.wql = "SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA 'Msvm_ComputerSystem'";
    watch_.after_revision = 1;
  }

  void Add(int64_t revision, const std::string& name) {
    Instance target;
    target.set_class_name("Msvm_ComputerSystem");
    Set(target, "ElementName", TextValue(name));
    service_.AddEvent(revision, "__InstanceModificationEvent", target);
  }

  // Watches until the event about `last`; the names of all.
  std::vector<std::string> NamesUntil(const std::string& last, absl::Status* status) {
    std::vector<std::string> names;
    *status = client_->Watch(watch_, cancellation_, [&](const cimvisor::v1::Event& event) {
      names.push_back(Text(Find(event.event(), "TargetInstance")->object(), "ElementName"));
      return names.back() != last;
    });
    return names;
  }

  FakeService service_;
  std::unique_ptr<Client> client_;
  WatchOptions watch_;
  Cancellation cancellation_;
};

TEST_F(WatchTest, GoesOnInTheMiddleOfARevisionWithoutGapOrRepeat) {
  Add(2, "a");
  Add(3, "b");
  Add(3, "c");
  Add(3, "d");
  Add(4, "e");
  service_.BreakAfter(3);
  absl::Status status;
  EXPECT_THAT(NamesUntil("e", &status), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(service_.starts(), ElementsAre(1, 2));
}

TEST_F(WatchTest, GoesOnBehindARestart) {
  Add(2, "before");
  int interruptions = 0;
  std::vector<int64_t> resumed;
  watch_.on_interrupted = [&](const absl::Status&) { ++interruptions; };
  watch_.on_resumed = [&](int64_t revision) { resumed.push_back(revision); };
  std::vector<std::string> names;
  std::thread restart;
  const absl::Status status = client_->Watch(watch_, cancellation_, [&](const cimvisor::v1::Event& event) {
    names.push_back(Text(Find(event.event(), "TargetInstance")->object(), "ElementName"));
    if (names.size() == 1) {
      restart = std::thread([this] {
        service_.Stop();
        Add(3, "meanwhile");
        service_.Start();
        Add(4, "after");
      });
    }
    return names.back() != "after";
  });
  restart.join();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(names, ElementsAre("before", "meanwhile", "after"));
  EXPECT_EQ(interruptions, 1);
  EXPECT_THAT(resumed, ElementsAre(1));
}

TEST_F(WatchTest, AReaderThatWasCutGoesOn) {
  cimvisor::v1::ErrorDetail detail;
  detail.set_cim_status(1);
  service_.BreakAfter(1, grpc::Status(grpc::StatusCode::ABORTED, "too slow", detail.SerializeAsString()));
  Add(2, "a");
  Add(3, "b");
  absl::Status status;
  EXPECT_THAT(NamesUntil("b", &status), ElementsAre("a", "b"));
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(WatchTest, AnotherDatabaseEndsTheWatch) {
  Add(2, "a");
  std::thread restart;
  const absl::Status status = client_->Watch(watch_, cancellation_, [&](const cimvisor::v1::Event&) {
    restart = std::thread([this] {
      service_.Stop();
      service_.set_database("database-2");
      service_.Start();
    });
    return true;
  });
  restart.join();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("database-2"));
}

TEST_F(WatchTest, ATrimmedJournalSaysHowFarItReachesBack) {
  service_.set_oldest_revision(100);
  const absl::Status status = client_->Watch(watch_, cancellation_, [](const auto&) { return true; });
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  ASSERT_TRUE(ErrorDetailOf(status).has_value());
  EXPECT_EQ(ErrorDetailOf(status)->oldest_revision(), 100);
}

TEST_F(WatchTest, AServiceThatStaysAwayIsGivenUpWithTheRevisionToGoOnFrom) {
  Add(2, "a");
  watch_.patience = absl::Milliseconds(300);
  std::thread stop;
  const absl::Status status = client_->Watch(watch_, cancellation_, [&](const cimvisor::v1::Event&) {
    stop = std::thread([this] { service_.Stop(); });
    return true;
  });
  stop.join();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("watch again from revision 1"));
}

TEST_F(WatchTest, TheDeadlineHoldsAlsoWhileTheServiceIsAway) {
  Add(2, "a");
  watch_.deadline = absl::Now() + absl::Milliseconds(500);
  std::thread stop;
  const absl::Status status = client_->Watch(watch_, cancellation_, [&](const cimvisor::v1::Event&) {
    stop = std::thread([this] { service_.Stop(); });
    return true;
  });
  stop.join();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
}

TEST_F(WatchTest, CancellationEndsItConnectedOrAway) {
  for (const bool away : {false, true}) {
    Cancellation cancellation;
    absl::Notification ready;
    watch_.on_started = [&](int64_t) {
      if (!away) ready.Notify();
    };
    watch_.on_interrupted = [&](const absl::Status&) { ready.Notify(); };
    absl::Status status = absl::UnknownError("");
    std::thread watcher([&] { status = client_->Watch(watch_, cancellation, [](const auto&) { return true; }); });
    if (away) {
      while (service_.subscriptions() < 2) absl::SleepFor(absl::Milliseconds(1));
      service_.Stop();
    }
    ready.WaitForNotification();
    cancellation.Cancel();
    watcher.join();
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_F(WatchTest, WhatNeverStartedIsNotTriedAgain) {
  service_.Stop();
  const absl::Status status = client_->Watch(watch_, cancellation_, [](const auto&) { return true; });
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cimvisord"));
  EXPECT_EQ(service_.subscriptions(), 0);
}

TEST_F(WatchTest, VolatilePropertiesAreNotResumed) {
  Add(0, "sampled");
  service_.BreakAfter(1);
  const absl::Status status = client_->Watch(watch_, cancellation_, [](const auto&) { return true; });
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot be resumed"));
  EXPECT_EQ(service_.subscriptions(), 1);
}

}  // namespace
}  // namespace cimvisor::client
