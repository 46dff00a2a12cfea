#include "service/store/migrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/store/backup.h"
#include "service/store/connection.h"
#include "service/store/testing/temporary_folder.h"

namespace cimvisor::store {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

const Migration kFirst = {"test", 1, {"CREATE TABLE item (name TEXT)", "INSERT INTO item VALUES ('old')"}, nullptr};

StoreOptions Options(const TemporaryFolder& folder, std::vector<Migration> migrations) {
  StoreOptions options;
  options.path = folder.File("db");
  options.migrations = std::move(migrations);
  return options;
}

Migration Second() {
  return {"test", 2, {"ALTER TABLE item ADD COLUMN length INTEGER"}, [](Transaction& transaction) -> absl::Status {
            auto rows = transaction.Select("SELECT name FROM item");
            if (!rows.ok()) return rows.status();
            return transaction.Execute("UPDATE item SET length = ?",
                                       {static_cast<int64_t>(std::get<std::string>((*rows)[0][0]).size())});
          }};
}

TEST(MigrateTest, StepsRunForwardOnceAfterABackup) {
  TemporaryFolder folder;
  ASSERT_TRUE(Store::Open(Options(folder, {kFirst})).ok());
  EXPECT_TRUE(folder.Names("db.before-migration").empty()) << "nothing was there to back up";
  {
    auto store = Store::Open(Options(folder, {kFirst, Second()}));
    ASSERT_TRUE(store.ok()) << store.status();
    auto rows = (*store)->Read("SELECT name, length FROM item");
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ((*rows)[0], (SqlRow{"old", int64_t{3}}));
  }
  const auto backups = folder.Names("db.before-migration");
  ASSERT_EQ(backups.size(), 1u);
  EXPECT_TRUE(CheckBackup(folder.File(backups[0])).ok());
  ASSERT_TRUE(Store::Open(Options(folder, {kFirst, Second()})).ok());
  EXPECT_EQ(folder.Names("db.before-migration").size(), 1u) << "no second backup without a migration";
}

TEST(MigrateTest, FailedStepLeavesTheDatabaseAsItWas) {
  TemporaryFolder folder;
  ASSERT_TRUE(Store::Open(Options(folder, {kFirst})).ok());
  Migration bad = Second();
  bad.convert = [](Transaction&) { return absl::InternalError("cannot convert"); };
  const auto status = Store::Open(Options(folder, {kFirst, bad})).status();
  EXPECT_EQ(status.message(), "migration 2 of \"test\": cannot convert");
  auto store = Store::Open(Options(folder, {kFirst}));
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_FALSE((*store)->Read("SELECT length FROM item").ok());
}

TEST(MigrateTest, NewerDatabaseIsRefusedAndNamesBothVersions) {
  TemporaryFolder folder;
  ASSERT_TRUE(Store::Open(Options(folder, {kFirst, Second()})).ok());
  for (const std::vector<Migration>& known : {std::vector<Migration>{kFirst}, std::vector<Migration>{}}) {
    const auto status = Store::Open(Options(folder, known)).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("has version 2 of the schema \"test\""));
  }
  EXPECT_TRUE(Store::Open(Options(folder, {kFirst, Second()})).ok()) << "a refusal must not change it";
}

TEST(MigrateTest, GapsAreRefused) {
  TemporaryFolder folder;
  const auto status = Store::Open(Options(folder, {Second()})).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("1 was expected"));
}

TEST(MigrateTest, MigrationMayNotWriteTheJournal) {
  TemporaryFolder folder;
  Migration bad = kFirst;
  bad.convert = [](Transaction& transaction) {
    transaction.AppendJournal({});
    return absl::OkStatus();
  };
  EXPECT_FALSE(Store::Open(Options(folder, {bad})).ok());
}

TEST(MigrateTest, DatabaseOfAnotherProgramIsLeftAlone) {
  TemporaryFolder folder;
  {
    auto other = Connection::Open(folder.File("db"), "", Connection::Access::kCreate);
    ASSERT_TRUE(other.ok());
    ASSERT_TRUE((*other)->Script("CREATE TABLE theirs (x)").ok());
  }
  const auto status = Store::Open(Options(folder, {kFirst})).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("of another program"));
  auto other = Connection::Open(folder.File("db"), "", Connection::Access::kReadOnly);
  EXPECT_EQ((*(*other)->Select("PRAGMA journal_mode"))[0][0], SqlValue("delete"));
}

}  // namespace
}  // namespace cimvisor::store
