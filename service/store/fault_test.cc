// A disk that fills up or fails at every write and sync of a recorded workload.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/store/testing/fault_vfs.h"
#include "service/store/testing/temporary_folder.h"
#include "service/store/testing/workload.h"

namespace cimvisor::store {
namespace {

using testing::Acknowledged;
using testing::Fault;
using testing::FaultVfs;
using ::testing::HasSubstr;
using testing::RunWorkload;
using testing::TemporaryFolder;
using testing::Unsynced;
using testing::Verify;
using testing::WorkloadOptions;

// After the fault the service is restarted, on a disk that works again and has also lost its power meanwhile.
void FailEverywhere(Fault fault) {
  TemporaryFolder folder;
  int64_t points = 0;
  {
    FaultVfs vfs("fault_count");
    RunWorkload(WorkloadOptions(folder.File("db"), "fault_count", "FULL"));
    points = vfs.disk().operations();
  }
  ASSERT_GT(points, 100);
  for (int64_t point = 1; point <= points; ++point) {
    FaultVfs vfs("fault");
    const StoreOptions options = WorkloadOptions(folder.File("db"), "fault", "FULL");
    vfs.disk().FailAt(fault, point);
    const Acknowledged acknowledged = RunWorkload(options);
    vfs.disk().Heal();
    vfs.disk().PowerOn(Unsynced::kLost, 0);
    ASSERT_EQ(Verify(options, acknowledged), "") << "fault at operation " << point << " of " << points;
  }
}

TEST(FaultTest, FullDiskAtEveryOperationLosesNothingAcknowledged) { FailEverywhere(Fault::kFull); }

TEST(FaultTest, IoErrorAtEveryOperationLosesNothingAcknowledged) { FailEverywhere(Fault::kIoError); }

class LiveFaultTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StoreOptions options = WorkloadOptions(folder_.File("db"), "live", "FULL");
    store_ = *Store::Open(options);
  }

  absl::Status Insert(int64_t id) {
    return store_
        ->Commit({[=](Transaction& t) { return t.Execute("INSERT INTO machine VALUES (?, 'x')", {id}); }, nullptr})
        .status();
  }

  TemporaryFolder folder_;
  FaultVfs vfs_{"live"};
  std::unique_ptr<Store> store_;
};

TEST_F(LiveFaultTest, FullDiskSaysWhatToDoAndTheServiceGoesOnWhenThereIsSpace) {
  ASSERT_TRUE(Insert(1).ok());
  vfs_.disk().FailAt(Fault::kFull, vfs_.disk().operations() + 1);
  for (int i = 0; i < 3; ++i) {
    const absl::Status full = Insert(2);
    EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
    EXPECT_THAT(std::string(full.message()), HasSubstr("free some space"));
  }
  EXPECT_EQ((*store_->Read("SELECT count(*) FROM machine"))[0][0], SqlValue(int64_t{1})) << "reading goes on";
  vfs_.disk().Heal();
  EXPECT_TRUE(Insert(2).ok());
}

TEST_F(LiveFaultTest, FailedSyncStopsAllFurtherChanges) {
  ASSERT_TRUE(Insert(1).ok());
  // One change is a few writes to the log and then a sync; one of these points is the sync.
  const int64_t before = vfs_.disk().operations();
  ASSERT_TRUE(Insert(2).ok());
  const int64_t sync = vfs_.disk().operations() - before;
  vfs_.disk().FailAt(Fault::kIoError, vfs_.disk().operations() + sync);
  const absl::Status failed = Insert(3);
  EXPECT_TRUE(absl::IsInternal(failed)) << failed;
  const absl::Status after = Insert(4);
  EXPECT_TRUE(absl::IsInternal(after)) << "a sync after a failed one would lie";
  EXPECT_THAT(std::string(after.message()), HasSubstr("restart the service"));
  EXPECT_EQ((*store_->Read("SELECT count(*) FROM machine"))[0][0], SqlValue(int64_t{2}));
  store_.reset();
  store_ = *Store::Open(WorkloadOptions(folder_.File("db"), "live", "FULL"));
  EXPECT_TRUE(Insert(5).ok());
}

}  // namespace
}  // namespace cimvisor::store
