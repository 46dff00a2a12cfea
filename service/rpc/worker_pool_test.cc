#include "service/rpc/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"

namespace cimvisor::rpc {
namespace {

TEST(WorkerPoolTest, RunsEverythingBeforeItEnds) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool({.threads = 3, .queue = 1000});
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.Post([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 500);
}

TEST(WorkerPoolTest, ATaskThatWaitsHoldsUpNoOther) {
  absl::Notification release;
  absl::Notification done;
  WorkerPool pool({.threads = 2, .queue = 10});  // ends, with its tasks, before what they use
  ASSERT_TRUE(pool.Post([&] { release.WaitForNotification(); }));
  ASSERT_TRUE(pool.Post([&] { done.Notify(); }));
  done.WaitForNotification();
  release.Notify();
}

TEST(WorkerPoolTest, ThreadsAndQueueAreBounded) {
  absl::Notification release;
  absl::BlockingCounter started(2);
  WorkerPool pool({.threads = 2, .queue = 3});
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(pool.Post([&] {
      started.DecrementCount();
      release.WaitForNotification();
    }));
  }
  started.Wait();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.Post([] {}));
  EXPECT_FALSE(pool.Post([] {}));
  EXPECT_EQ(pool.thread_count(), 2u);
  release.Notify();
}

TEST(WorkerPoolTest, IdleThreadsEndAndNewOnesComeWhenNeeded) {
  WorkerPool pool({.threads = 4, .queue = 10, .idle = absl::ZeroDuration()});
  for (int round = 0; round < 50; ++round) {
    absl::Notification done;
    ASSERT_TRUE(pool.Post([&] { done.Notify(); }));
    done.WaitForNotification();
  }
  while (pool.thread_count() > 0) std::this_thread::yield();
}

TEST(WorkerPoolTest, PostsFromManyThreads) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool({.threads = 8, .queue = 100000, .idle = absl::Microseconds(10)});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) EXPECT_TRUE(pool.Post([&] { ++ran; }));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(ran, 8000);
}

}  // namespace
}  // namespace cimvisor::rpc
