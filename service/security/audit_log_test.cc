#include "service/security/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/store/testing/temporary_folder.h"

namespace cimvisor::security {
namespace {

using ::testing::HasSubstr;

class AuditLogTest : public ::testing::Test {
 protected:
  AuditLogTest() {
    store_ = *store::Store::Open({.path = folder_.File("db"), .now = [this] { return now_; }});
    operation_.caller.identity.name = "mallory";
    operation_.name = "DestroySystem";
    operation_.object = "Msvm_ComputerSystem.Name=\"X\"";
    operation_.detail = "name=X";
  }

  AuditLogOptions Options() {
    return {.now = [this] { return now_; }, .denials_per_second = 2, .denial_burst = 3};
  }

  store::testing::TemporaryFolder folder_;
  absl::Time now_ = absl::FromUnixSeconds(1000000);
  std::unique_ptr<store::Store> store_;
  Operation operation_;
};

TEST_F(AuditLogTest, ChangesAndDenialsAreRowsInOrder) {
  AuditLog audit(*store_, Options());
  ASSERT_TRUE(store_->Commit({[&](store::Transaction& t) { return operation_.Record(t); }, nullptr}).ok());
  ASSERT_TRUE(audit.Denied(operation_, "no role").ok());
  const auto rows = audit.ReadAfter(0, 10);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 2u);
  const AuditRecord& done = (*rows)[0];
  EXPECT_EQ(done.caller, "mallory");
  EXPECT_EQ(done.operation, "DestroySystem");
  EXPECT_EQ(done.object, operation_.object);
  EXPECT_EQ(done.detail, "name=X");
  EXPECT_EQ(done.result, "done");
  EXPECT_EQ(done.revision, 1);
  EXPECT_EQ(done.time, now_);
  EXPECT_EQ((*rows)[1].result, "denied");
  EXPECT_EQ((*rows)[1].detail, "no role");
  EXPECT_EQ(audit.ReadAfter(done.number, 10)->size(), 1u);
  EXPECT_EQ((*audit.ReadNewest(1))[0].result, "denied");
}

TEST_F(AuditLogTest, FloodOfDenialsIsCountedNotWritten) {
  AuditLog audit(*store_, Options());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(audit.Denied(operation_, "no role").ok());
  EXPECT_EQ(audit.ReadNewest(1000)->size(), 3u);
  now_ += absl::Seconds(1);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(audit.Denied(operation_, "no role").ok());
  const auto rows = audit.ReadNewest(1000);
  EXPECT_EQ(rows->size(), 5u);
  EXPECT_THAT((*rows)[1].detail, HasSubstr("97 earlier denials"));
  EXPECT_EQ((*rows)[0].detail, "no role");
}

TEST_F(AuditLogTest, TheClockGoingBackDoesNoHarm) {
  AuditLog audit(*store_, Options());
  now_ -= absl::Hours(1);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(audit.Denied(operation_, "no role").ok());
  EXPECT_EQ(audit.ReadNewest(1000)->size(), 3u);
}

TEST_F(AuditLogTest, LongTextsAreShortenedAtACharacter) {
  AuditLog audit(*store_, Options());
  operation_.object = "x";
  while (operation_.object.size() < 10000) operation_.object += "ä";
  ASSERT_TRUE(audit.Denied(operation_, "no role").ok());
  const auto rows = audit.ReadNewest(1);
  std::string expected = "x";
  while (expected.size() + 2 <= kMaximumAuditText) expected += "ä";
  EXPECT_EQ((*rows)[0].object, expected + "…");
}

}  // namespace
}  // namespace cimvisor::security
