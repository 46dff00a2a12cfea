#include "hypervisor-backend/worker/user_ids.h"

#include <gtest/gtest.h>

namespace cimvisor::worker {
namespace {

TEST(UserIds, NoTwoLivingWorkersShareOne) {
  UserIds ids(100, 3);
  EXPECT_EQ(ids.Take().value(), 100u);
  ids.MarkTaken(101);  // adopted
  EXPECT_EQ(ids.Take().value(), 102u);
  EXPECT_EQ(ids.Take().status().code(), absl::StatusCode::kResourceExhausted);
  ids.GiveBack(101);
  EXPECT_EQ(ids.Take().value(), 101u);
}

TEST(UserIds, ANumberIsUsedAgainAsLateAsPossible) {
  UserIds ids(100, 3);
  for (const uint32_t expected : {100u, 101u, 102u, 100u}) {
    const auto id = ids.Take();
    ASSERT_TRUE(id.ok());
    EXPECT_EQ(*id, expected);
    ids.GiveBack(*id);
  }
}

}  // namespace
}  // namespace cimvisor::worker
