#include "service/store/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "service/store/store.h"
#include "service/store/testing/temporary_folder.h"

namespace cimvisor::store {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

class BackupTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Store>> Open() {
    StoreOptions options;
    options.path = path_;
    options.migrations = {{"test", 1, {"CREATE TABLE item (name TEXT)"}, nullptr}};
    return Store::Open(options);
  }

  static void Add(Store& store, const std::string& name) {
    ASSERT_TRUE(
        store.Commit({[&](Transaction& t) { return t.Execute("INSERT INTO item VALUES (?)", {name}); }, nullptr}).ok());
  }

  static std::vector<SqlRow> Items(Store& store) { return *store.Read("SELECT name FROM item ORDER BY rowid"); }

  TemporaryFolder folder_;
  std::string path_ = folder_.File("db");
  std::string backup_ = folder_.File("backup");
};

TEST_F(BackupTest, BackupOfARunningServiceIsCheckedAndRestores) {
  std::string instance;
  {
    auto store = *Open();
    instance = store->instance_id();
    Add(*store, "before");
    ASSERT_TRUE(store->Backup(backup_).ok());
    Add(*store, "after");
  }
  EXPECT_EQ(folder_.Names("backup"), std::vector<std::string>{"backup"}) << "one file, nothing partial";
  ASSERT_TRUE(RestoreBackup(backup_, path_).ok());
  auto store = *Open();
  EXPECT_EQ(Items(*store), (std::vector<SqlRow>{{"before"}}));
  EXPECT_NE(store->instance_id(), instance) << "its revisions mean something else from here";
  EXPECT_GT(store->epoch(), 1000000) << "above every epoch of the replaced database";
  EXPECT_EQ(store->revision(), 1);
}

TEST_F(BackupTest, ReplacedDatabaseIsKeptWhole) {
  {
    auto store = *Open();
    Add(*store, "one");
    ASSERT_TRUE(store->Backup(backup_).ok());
    Add(*store, "two");
  }
  ASSERT_TRUE(RestoreBackup(backup_, path_).ok());
  const auto kept = folder_.Names("db.replaced-");
  ASSERT_EQ(kept.size(), 1u);
  ASSERT_TRUE(CheckBackup(folder_.File(kept[0])).ok());
  path_ = folder_.File(kept[0]);
  EXPECT_EQ(Items(**Open()), (std::vector<SqlRow>{{"one"}, {"two"}}));
}

TEST_F(BackupTest, DamagedDatabaseIsReplacedAndKeptWithItsLog) {
  {
    auto store = *Open();
    Add(*store, "one");
    ASSERT_TRUE(store->Backup(backup_).ok());
  }
  std::ofstream(path_, std::ios::trunc) << "garbage";
  std::ofstream(path_ + "-wal", std::ios::trunc) << "old log";
  ASSERT_TRUE(RestoreBackup(backup_, path_).ok());
  EXPECT_EQ(folder_.Names("db.replaced-").size(), 2u);
  auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(Items(**store), (std::vector<SqlRow>{{"one"}}));
}

TEST_F(BackupTest, ExistingTargetIsNeverOverwritten) {
  auto store = *Open();
  std::ofstream(backup_) << "precious";
  const auto status = store->Backup(backup_);
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  std::string content;
  std::ifstream(backup_) >> content;
  EXPECT_EQ(content, "precious");
  EXPECT_TRUE(absl::IsNotFound(store->Backup("/nonexistent/backup")));
}

TEST_F(BackupTest, RestoreRefusesWhatIsNoBackup) {
  {
    auto store = *Open();
    Add(*store, "one");
  }
  std::ofstream(backup_) << "no database at all, but long enough to be read as one by somebody careless";
  const auto garbage = RestoreBackup(backup_, path_);
  EXPECT_TRUE(absl::IsDataLoss(garbage)) << garbage;
  EXPECT_THAT(std::string(garbage.message()), HasSubstr("the backup"));
  EXPECT_TRUE(absl::IsNotFound(RestoreBackup(folder_.File("absent"), path_)));
  std::ofstream empty(folder_.File("empty"));
  empty.close();
  EXPECT_TRUE(absl::IsFailedPrecondition(RestoreBackup(folder_.File("empty"), path_)));
  EXPECT_EQ(Items(**Open()), (std::vector<SqlRow>{{"one"}}));
}

TEST_F(BackupTest, RestoreRefusesARunningService) {
  auto store = *Open();
  ASSERT_TRUE(store->Backup(backup_).ok());
  EXPECT_TRUE(absl::IsUnavailable(RestoreBackup(backup_, path_)));
}

}  // namespace
}  // namespace cimvisor::store
