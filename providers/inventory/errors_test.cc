#include "providers/inventory/errors.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace cimvisor::inventory {
namespace {

TEST(ErrorsTest, EveryKindSurvivesAStatusAndAContext) {
  std::set<std::string> names;
  for (int number = 1; number <= 12; ++number) {
    const auto kind = static_cast<ErrorKind>(number);
    const absl::Status status = WithContext(InventoryError(kind, "wrong"), "here");
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(KindOf(status), kind);
    EXPECT_EQ(status.message(), "here: wrong");
    EXPECT_GE(JobErrorCode(kind), 32768U);
    names.insert(std::string(ErrorKindName(kind)));
  }
  EXPECT_EQ(names.size(), 12U);
}

TEST(ErrorsTest, AMissingFileIsNotAMissingMachine) {
  EXPECT_EQ(KindOf(InventoryError(ErrorKind::kFileNotFound, "")), ErrorKind::kFileNotFound);
  EXPECT_EQ(KindOf(InventoryError(ErrorKind::kNotFound, "")), ErrorKind::kNotFound);
}

TEST(ErrorsTest, ForeignErrorsAreKnownByTheirCode) {
  EXPECT_EQ(KindOf(absl::ResourceExhaustedError("disk full")), ErrorKind::kOutOfMemory);
  EXPECT_EQ(KindOf(absl::DeadlineExceededError("late")), ErrorKind::kTimeout);
  EXPECT_EQ(KindOf(absl::PermissionDeniedError("no")), ErrorKind::kAccessDenied);
  EXPECT_EQ(KindOf(absl::UnimplementedError("no")), ErrorKind::kNotSupported);
  EXPECT_EQ(KindOf(absl::DataLossError("damaged")), ErrorKind::kFailed);
}

TEST(ErrorsTest, TheJobCodesAreHyperVs) {
  EXPECT_EQ(JobErrorCode(ErrorKind::kInvalidState), 32775U);
  EXPECT_EQ(JobErrorCode(ErrorKind::kNotSupported), 32770U);
  EXPECT_EQ(JobErrorCode(ErrorKind::kFileNotFound), 32779U);
}

}  // namespace
}  // namespace cimvisor::inventory
