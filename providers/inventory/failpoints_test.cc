#include "providers/inventory/failpoints.h"

#include <signal.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cimvisor::inventory {
namespace {

using ::testing::HasSubstr;

TEST(FailpointsTest, NothingHappensWithoutOne) {
  const auto failpoints = MakeFailpoints("");
  ASSERT_TRUE(failpoints.ok());
  (*failpoints)->Hit(Failpoint::kIntentCommitted);
}

TEST(FailpointsDeathTest, KillsAtTheNthHitOfItsOwnPlace) {
  const auto failpoints = MakeFailpoints("worker_spawned:2");
  ASSERT_TRUE(failpoints.ok());
  EXPECT_EXIT(
      {
        (*failpoints)->Hit(Failpoint::kPublished);
        (*failpoints)->Hit(Failpoint::kWorkerSpawned);
        (*failpoints)->Hit(Failpoint::kPublished);
        (*failpoints)->Hit(Failpoint::kWorkerSpawned);
      },
      ::testing::KilledBySignal(SIGKILL), "");
  (*failpoints)->Hit(Failpoint::kWorkerSpawned);  // the first in this process: it lives on
}

TEST(FailpointsTest, AMistakeListsTheNames) {
  for (const char* text : {"nowhere:1", "published", "published:0", "published:x", "published:1:2", ":1"}) {
    const auto failpoints = MakeFailpoints(text);
    ASSERT_FALSE(failpoints.ok()) << text;
    EXPECT_THAT(std::string(failpoints.status().message()), HasSubstr("intent_committed, worker_spawned")) << text;
  }
}

}  // namespace
}  // namespace cimvisor::inventory
