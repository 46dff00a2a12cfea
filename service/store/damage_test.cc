// What stands in the file is not trusted: damage is reported and the file kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "service/store/store.h"
#include "service/store/testing/fault_vfs.h"
#include "service/store/testing/temporary_folder.h"

namespace cimvisor::store {
namespace {

using testing::FaultVfs;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

std::string Content(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

class DamageTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& vfs = "") {
    StoreOptions options;
    options.path = path_;
    options.vfs = vfs;
    options.migrations = {{"test", 1, {"CREATE TABLE item (name TEXT UNIQUE)"}, nullptr}};
    return Store::Open(options);
  }

  void Fill(Store& store) {
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(store
                      .Commit({[&](Transaction& t) {
                                 return t.Execute("INSERT INTO item VALUES (?)",
                                                  {absl::StrCat(i, std::string(1000, 'x'))});
                               },
                               nullptr})
                      .ok());
    }
  }

  // Fails to open with kDataLoss and leaves every byte as it was.
  void ExpectReportedAndKept() {
    const std::string before = Content(path_);
    const auto store = Open();
    EXPECT_TRUE(absl::IsDataLoss(store.status())) << store.status();
    EXPECT_THAT(std::string(store.status().message()), HasSubstr("cimvisord --restore"));
    EXPECT_TRUE(Content(path_) == before) << "a damaged file must be kept";
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.File("db");
};

TEST_F(DamageTest, GarbageIsReportedAndKept) {
  std::ofstream(path_) << std::string(10000, 'g');
  ExpectReportedAndKept();
}

TEST_F(DamageTest, OverwrittenPageIsReportedAndKept) {
  Fill(**Open());
  const auto pages = std::filesystem::file_size(path_) / 4096;
  ASSERT_GT(pages, 8u);
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>((pages - 2) * 4096));
    file << std::string(4096, 'g');
  }
  ExpectReportedAndKept();
}

TEST_F(DamageTest, TruncatedFileIsReportedAndKept) {
  Fill(**Open());
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
  ExpectReportedAndKept();
}

TEST_F(DamageTest, LogOfADamagedDatabaseIsKeptToo) {
  const std::string live = path_;
  Fill(**Open());
  auto store = *Open();  // its log holds the new epoch and what comes now, not the rest
  ASSERT_TRUE(
      store->Commit({[](Transaction& t) { return t.Execute("INSERT INTO item VALUES ('last')"); }, nullptr}).ok());
  path_ = folder_.File("copy");
  std::filesystem::copy_file(live + "-wal", path_ + "-wal");
  std::ofstream(path_) << std::string(std::filesystem::file_size(live), 'g');
  const std::string log = Content(path_ + "-wal");
  ASSERT_GT(log.size(), 4096u);
  ExpectReportedAndKept();
  EXPECT_TRUE(Content(path_ + "-wal") == log);
}

TEST_F(DamageTest, LostFileBesideItsLogIsNotCreatedAnew) {
  std::ofstream(path_ + "-wal") << "acknowledged changes";
  const auto store = Open();
  EXPECT_TRUE(absl::IsDataLoss(store.status())) << store.status();
  EXPECT_EQ(Content(path_ + "-wal"), "acknowledged changes");
}

TEST_F(DamageTest, EmptyFileIsANewDatabase) {
  std::ofstream stream(path_);
  stream.close();
  EXPECT_TRUE(Open().ok());
}

TEST_F(DamageTest, AFolderIsNoDatabase) {
  std::filesystem::create_directory(path_);
  EXPECT_TRUE(absl::IsNotFound(Open().status())) << Open().status();
}

TEST_F(DamageTest, DamageFoundLaterIsReportedByTheReader) {
  auto store = *Open();
  ASSERT_TRUE(store
                  ->Commit({[](Transaction& t) {
                              t.AppendJournal({.entity_kind = "item"});
                              return t.Execute("UPDATE journal SET kind = 7");
                            },
                            nullptr})
                  .ok());
  ASSERT_TRUE(store->Commit({[](Transaction& t) { return t.Execute("UPDATE journal SET kind = 7"); }, nullptr}).ok());
  EXPECT_TRUE(absl::IsDataLoss(store->ReadJournal(0, 10).status()));
}

TEST_F(DamageTest, ReadOnlyDatabaseIsRefusedWithAdvice) {
  FaultVfs vfs("read_only");
  ASSERT_TRUE(Open("read_only").ok());
  vfs.disk().SetReadOnly(true);
  const auto store = Open("read_only");
  EXPECT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("read-only: check its owner"));
}

TEST_F(DamageTest, EveryDamagedByteOfTheHeaderIsSurvived) {
  FaultVfs vfs("header");
  {
    auto store = *Open("header");
    Fill(*store);
  }
  for (size_t offset = 0; offset < 100; ++offset) {
    ASSERT_TRUE(vfs.disk().Damage(path_, offset));
    { Open("header").IgnoreError(); }  // an error or not, but no crash and no loop
    ASSERT_TRUE(vfs.disk().Damage(path_, offset)) << "the file must still be there";
  }
}

}  // namespace
}  // namespace cimvisor::store
