// Event streams: from now, from a revision, many watchers, and their end.
#include "service/rpc/subscribe_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/rpc/testing/rpc_world.h"

namespace cimvisor::rpc {
namespace {

using testing::RpcWorld;

constexpr char kQuery[] = "SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA 'T_Machine'";

// A stream that is open, with its first answer read.
struct Watcher {
  explicit Watcher(v1::ObjectManager::Stub& stub, int64_t after = -1, const std::string& wql = kQuery) {
    v1::SubscribeRequest request;
    RpcWorld::Fill(request.mutable_header());
    request.set_wql(wql);
    if (after >= 0) request.set_after_revision(after);
    reader = stub.Subscribe(&context, request);
    started = reader->Read(&first);
  }
  // The state before and after of the next event.
  std::pair<uint64_t, uint64_t> Next() {
    while (at == page.events_size()) {
      page.Clear();
      at = 0;
      if (!reader->Read(&page)) return {0, 0};
    }
    const v1::Event& event = page.events(at++);
    return {State(event, "PreviousInstance"), State(event, "TargetInstance")};
  }
  static uint64_t State(const v1::Event& event, const std::string& name) {
    for (const v1::Property& property : event.event().properties()) {
      if (property.name() != name) continue;
      for (const v1::Property& inner : property.value().object().properties()) {
        if (inner.name() == "State") return inner.value().unsigned_();
      }
    }
    return 0;
  }
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader;
  v1::SubscribeResponse first;
  bool started = false;
  v1::SubscribeResponse page;
  int at = 0;
};

class SubscribeStreamTest : public ::testing::Test {
 protected:
  RpcWorld world_;
  std::unique_ptr<v1::ObjectManager::Stub> stub_ = world_.Objects();
};

TEST_F(SubscribeStreamTest, TheFirstAnswerSaysFromWhereItIsComplete) {
  world_.ChangeState("A", 1, 2);
  Watcher watcher(*stub_);
  ASSERT_TRUE(watcher.started);
  EXPECT_EQ(watcher.first.header().revision(), world_.world.store->revision());
  EXPECT_EQ(watcher.first.events_size(), 0);
  world_.ChangeState("A", 2, 3);
  world_.ChangeState("B", 3, 9);
  EXPECT_EQ(watcher.Next(), std::pair(uint64_t{2}, uint64_t{3}));
  EXPECT_EQ(watcher.Next(), std::pair(uint64_t{3}, uint64_t{9}));
}

TEST_F(SubscribeStreamTest, AWatcherResumesFromARevision) {
  world_.ChangeState("A", 1, 2);
  const int64_t seen = world_.world.store->revision();
  world_.ChangeState("A", 2, 3);
  world_.ChangeState("A", 3, 4);
  Watcher watcher(*stub_, seen);
  ASSERT_TRUE(watcher.started);
  EXPECT_EQ(watcher.Next(), std::pair(uint64_t{2}, uint64_t{3}));
  EXPECT_EQ(watcher.Next(), std::pair(uint64_t{3}, uint64_t{4}));
}

TEST_F(SubscribeStreamTest, ManyWatchersHearEveryEventInOrder) {
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < 100; ++i) watchers.push_back(std::make_unique<Watcher>(*stub_));
  for (int i = 0; i < 50; ++i) world_.ChangeState("A", i, i + 1);
  for (const auto& watcher : watchers) {
    ASSERT_TRUE(watcher->started);
    for (uint64_t i = 0; i < 50; ++i) ASSERT_EQ(watcher->Next(), std::pair(i, i + 1));
  }
}

TEST_F(SubscribeStreamTest, WrongQueriesAndCancelledWatchersEndTheirStream) {
  Watcher wrong(*stub_, -1, "SELECT * FROM T_Machine");
  EXPECT_FALSE(wrong.started);
  EXPECT_EQ(wrong.reader->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  for (int i = 0; i < 20; ++i) {
    Watcher watcher(*stub_);
    ASSERT_TRUE(watcher.started);
    if (i % 2 == 0) world_.ChangeState("A", 1, 2);
    watcher.context.TryCancel();
    EXPECT_FALSE(watcher.reader->Finish().ok());
  }
}

TEST_F(SubscribeStreamTest, TheEndOfTheServiceIsUnavailable) {
  Watcher watcher(*stub_);
  ASSERT_TRUE(watcher.started);
  world_.events->Close();
  EXPECT_FALSE(watcher.reader->Read(&watcher.page));
  EXPECT_EQ(watcher.reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace cimvisor::rpc
