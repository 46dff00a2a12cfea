#include "hypervisor-backend/kvm/guest_event.h"

#include <gtest/gtest.h>

namespace cimvisor::kvm {
namespace {

TEST(TripleFaultLimit, ThreeWithinASecondAreAllowedTheFourthIsNot) {
  TripleFaultLimit limit;
  const absl::Time start = absl::UnixEpoch();
  EXPECT_TRUE(limit.Allow(start));
  EXPECT_TRUE(limit.Allow(start + absl::Milliseconds(300)));
  EXPECT_TRUE(limit.Allow(start + absl::Milliseconds(600)));
  EXPECT_FALSE(limit.Allow(start + absl::Milliseconds(999)));
}

TEST(TripleFaultLimit, OneEachSecondIsAllowedForEver) {
  TripleFaultLimit limit;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(limit.Allow(absl::UnixEpoch() + absl::Seconds(i)));
}

TEST(TripleFaultLimit, OldOnesAreForgotten) {
  TripleFaultLimit limit;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.Allow(absl::UnixEpoch()));
  EXPECT_TRUE(limit.Allow(absl::UnixEpoch() + absl::Seconds(1)));
  limit.Forget();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.Allow(absl::UnixEpoch() + absl::Seconds(1)));
}

}  // namespace
}  // namespace cimvisor::kvm
