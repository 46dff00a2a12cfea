#include "service/store/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/store/testing/temporary_folder.h"

namespace cimvisor::store {
namespace {

using testing::TemporaryFolder;

class JournalTest : public ::testing::Test {
 protected:
  void Open(absl::Duration age, int64_t rows, int64_t bytes = 1 << 30) {
    StoreOptions options;
    options.path = folder_.File("db");
    options.now = [this] { return now_; };
    options.journal_age = age;
    options.journal_rows = rows;
    options.journal_bytes = bytes;
    options.trim_interval = absl::ZeroDuration();
    store_ = *Store::Open(options);
  }

  // One change with `entries` entries. The trimming after it is over when the next change begins.
  void Append(int entries, size_t payload = 0) {
    ASSERT_TRUE(store_
                    ->Commit({[&](Transaction& transaction) {
                                for (int i = 0; i < entries; ++i) {
                                  transaction.AppendJournal({.entity_kind = "item",
                                                             .entity_id = absl::StrCat(i),
                                                             .payload = std::string(payload, 'p')});
                                }
                                return absl::OkStatus();
                              },
                              nullptr})
                    .ok());
  }

  std::vector<int64_t> Revisions(int64_t after, size_t limit) {
    std::vector<int64_t> revisions;
    const auto entries = store_->ReadJournal(after, limit);
    EXPECT_TRUE(entries.ok()) << entries.status();
    if (entries.ok()) {
      for (const JournalEntry& entry : *entries) revisions.push_back(entry.revision);
    }
    return revisions;
  }

  TemporaryFolder folder_;
  absl::Time now_ = absl::FromUnixSeconds(1000000);
  std::unique_ptr<Store> store_;
};

TEST_F(JournalTest, ReadsInOrderAndNeverHalfARevision) {
  Open(absl::Hours(24), 1000);
  Append(1);
  Append(3);
  Append(0);  // a change without entries
  Append(2);
  EXPECT_EQ(Revisions(0, 100), (std::vector<int64_t>{1, 2, 2, 2, 4, 4}));
  EXPECT_EQ(Revisions(0, 2), (std::vector<int64_t>{1, 2, 2, 2}));
  EXPECT_EQ(Revisions(0, 0), (std::vector<int64_t>{1}));
  EXPECT_EQ(Revisions(2, 1), (std::vector<int64_t>{4, 4}));
  EXPECT_TRUE(Revisions(4, 10).empty());
  EXPECT_TRUE(Revisions(99, 10).empty());
  const auto entries = store_->ReadJournal(1, 100);
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ((*entries)[2].index, 2);
  EXPECT_EQ((*entries)[2].entity_id, "2");
  EXPECT_EQ((*entries)[2].time, now_);
  EXPECT_EQ(*store_->OldestJournalRevision(), 1);
}

TEST_F(JournalTest, TrimsByNumberOfRowsInWholeRevisions) {
  Open(absl::Hours(24), 5);
  for (int i = 0; i < 6; ++i) Append(2);
  Append(0);  // begins after the trimming that follows the sixth change
  EXPECT_EQ(*store_->OldestJournalRevision(), 5);
  EXPECT_EQ(Revisions(4, 100), (std::vector<int64_t>{5, 5, 6, 6}));
  const auto gone = store_->ReadJournal(3, 100);
  EXPECT_TRUE(absl::IsOutOfRange(gone.status())) << gone.status();
  EXPECT_THAT(std::string(gone.status().message()), ::testing::HasSubstr("the oldest that it holds is 5"));
}

TEST_F(JournalTest, TrimsByBytesInWholeRevisions) {
  Open(absl::Hours(24), 1000, 1000);
  for (int i = 0; i < 6; ++i) Append(2, 195);  // 400 bytes with the names of each entry
  Append(0);
  EXPECT_EQ(*store_->OldestJournalRevision(), 5);
  EXPECT_EQ(Revisions(4, 100), (std::vector<int64_t>{5, 5, 6, 6}));
  store_.reset();
  Open(absl::Hours(24), 1000, 500);  // the bytes were remembered
  Append(0);
  Append(0);
  EXPECT_EQ(*store_->OldestJournalRevision(), 6);
}

TEST_F(JournalTest, TrimsByAgeAndRemembersAcrossReopen) {
  Open(absl::Hours(1), 1000);
  Append(1);
  Append(1);
  now_ += absl::Minutes(61);
  Append(1);
  Append(0);
  EXPECT_EQ(*store_->OldestJournalRevision(), 3);
  store_.reset();
  Open(absl::Hours(1), 1000);
  EXPECT_EQ(*store_->OldestJournalRevision(), 3);
  EXPECT_TRUE(absl::IsOutOfRange(store_->ReadJournal(1, 10).status()));
  EXPECT_EQ(Revisions(2, 10), (std::vector<int64_t>{3}));
}

TEST_F(JournalTest, TrimsMoreThanOneStepAtATime) {
  Open(absl::Hours(24), 10);
  Append(3000);
  for (int i = 0; i < 12; ++i) Append(1);
  Append(0);
  const auto rows = store_->Read("SELECT count(*) FROM journal");
  EXPECT_EQ((*rows)[0][0], SqlValue(int64_t{10}));
}

TEST_F(JournalTest, TooManyEntriesInOneChangeAreRefused) {
  Open(absl::Hours(24), 1000);
  const auto status = store_
                          ->Commit({[&](Transaction& transaction) {
                                      for (size_t i = 0; i <= kMaximumEntriesPerRevision; ++i) {
                                        transaction.AppendJournal({.entity_kind = "item"});
                                      }
                                      return absl::OkStatus();
                                    },
                                    nullptr})
                          .status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_TRUE(Revisions(0, 10).empty());
}

TEST_F(JournalTest, RequestsAndAuditAreTrimmedToo) {
  Open(absl::Hours(24), 1000);
  store_.reset();
  StoreOptions options;
  options.path = folder_.File("db");
  options.now = [this] { return now_; };
  options.trim_interval = absl::ZeroDuration();
  options.request_age = absl::Hours(1);
  options.audit_rows = 8;
  options.denial_rows = 2;
  store_ = *Store::Open(options);
  const int64_t old = absl::ToUnixMicros(now_ - absl::Hours(2));
  const int64_t fresh = absl::ToUnixMicros(now_);
  ASSERT_TRUE(store_
                  ->Commit({[&](Transaction& t) {
                              for (int64_t i = 0; i < 10; ++i) {
                                const std::string id = absl::StrCat(i);
                                EXPECT_TRUE(t.Execute("INSERT INTO requests VALUES (NULL, 'c', ?, x'', x'', 1, ?)",
                                                      {id, i < 6 ? old : fresh})
                                                .ok());
                                EXPECT_TRUE(t.Execute("INSERT INTO audit VALUES (NULL, 1, ?, '', '', '', '', ?)",
                                                      {fresh, i % 2 == 0 ? "done" : "denied"})
                                                .ok());
                              }
                              return absl::OkStatus();
                            },
                            nullptr})
                  .ok());
  Append(0);
  const auto count = [&](const std::string& from) {
    return std::get<int64_t>((*store_->Read("SELECT count(*) FROM " + from))[0][0]);
  };
  EXPECT_EQ(count("requests"), 4);
  EXPECT_EQ(count("audit WHERE result = 'denied'"), 2);
  EXPECT_EQ(count("audit WHERE result = 'done'"), 4) << "of the ten rows the oldest two went, one of them done";
}

}  // namespace
}  // namespace cimvisor::store
