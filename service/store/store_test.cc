#include "service/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "service/store/testing/temporary_folder.h"

namespace cimvisor::store {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

StoreOptions Options(const TemporaryFolder& folder) {
  StoreOptions options;
  options.path = folder.File("db");
  options.migrations = {{"test", 1, {"CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"}, nullptr}};
  return options;
}

std::unique_ptr<Store> OpenOrDie(StoreOptions options) {
  auto store = Store::Open(std::move(options));
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

Change Insert(int64_t id, const std::string& name) {
  return {[=](Transaction& transaction) {
            return transaction.Execute("INSERT INTO item VALUES (?, ?)", {id, name});
          },
          nullptr};
}

int64_t Count(Store& store) { return std::get<int64_t>((*store.Read("SELECT count(*) FROM item"))[0][0]); }

TEST(StoreTest, CommitIsReadAndSurvivesReopen) {
  TemporaryFolder folder;
  std::string instance;
  {
    auto store = OpenOrDie(Options(folder));
    EXPECT_EQ(store->epoch(), 1);
    EXPECT_EQ(store->revision(), 0);
    EXPECT_EQ(*store->Commit(Insert(1, "a")), 1);
    EXPECT_EQ(*store->Commit(Insert(2, "b")), 2);
    EXPECT_EQ(store->revision(), 2);
    instance = store->instance_id();
    EXPECT_EQ(instance.size(), 36u);
  }
  auto store = OpenOrDie(Options(folder));
  EXPECT_EQ(store->epoch(), 2);
  EXPECT_EQ(store->revision(), 2);
  EXPECT_EQ(store->instance_id(), instance);
  EXPECT_EQ(Count(*store), 2);
}

TEST(StoreTest, ValuesOfEveryTypeComeBack) {
  TemporaryFolder folder;
  auto store = OpenOrDie(Options(folder));
  const std::string bytes("a\0b", 3);
  const std::vector<SqlValue> values = {std::monostate(), int64_t{-5}, 2.5, bytes, Blob{bytes}, Blob{""}, ""};
  SqlRow read;
  ASSERT_TRUE(store
                  ->Commit({[&](Transaction& transaction) {
                              auto rows = transaction.Select("SELECT ?, ?, ?, ?, ?, ?, ?", values);
                              if (rows.ok()) read = (*rows)[0];
                              return rows.status();
                            },
                            nullptr})
                  .ok());
  EXPECT_EQ(read, values);
}

TEST(StoreTest, FailedChangeIsUndoneAloneAndItsStatusReturned) {
  TemporaryFolder folder;
  auto store = OpenOrDie(Options(folder));
  ASSERT_TRUE(store->Commit(Insert(1, "a")).ok());
  const auto failed = store->Commit({[](Transaction& transaction) {
                                       transaction.Execute("INSERT INTO item VALUES (2, 'b')").IgnoreError();
                                       return absl::AbortedError("changed my mind");
                                     },
                                     [](int64_t) { FAIL() << "published a change that failed"; }});
  EXPECT_EQ(failed.status(), absl::AbortedError("changed my mind"));
  EXPECT_EQ(Count(*store), 1);
  EXPECT_EQ(*store->Commit(Insert(3, "c")), 2) << "a failed change must not use up a revision";
}

TEST(StoreTest, UniqueViolationIsAlreadyExistsAndNamesTheStatement) {
  TemporaryFolder folder;
  auto store = OpenOrDie(Options(folder));
  ASSERT_TRUE(store->Commit(Insert(1, "a")).ok());
  const auto status = store->Commit(Insert(2, "a")).status();
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("INSERT INTO item"));
}

TEST(StoreTest, WrongStatementsAreErrors) {
  TemporaryFolder folder;
  auto store = OpenOrDie(Options(folder));
  const auto run = [&](const std::string& sql, std::vector<SqlValue> parameters) {
    return store->Commit({[&](Transaction& t) { return t.Execute(sql, parameters); }, nullptr}).status();
  };
  EXPECT_THAT(std::string(run("INSERT INTO nowhere VALUES (1)", {}).message()), HasSubstr("no such table"));
  EXPECT_THAT(std::string(run("SELECT 1; SELECT 2", {}).message()), HasSubstr("not exactly one statement"));
  EXPECT_THAT(std::string(run("SELECT ?", {}).message()), HasSubstr("0 parameters given, 1 wanted"));
  EXPECT_THAT(std::string(run("COMMIT", {}).message()), HasSubstr("ended the transaction"));
  EXPECT_TRUE(run("SELECT 1", {}).ok()) << "the store must go on after a bad change";
  EXPECT_FALSE(store->Read("DELETE FROM item").ok()) << "a reader must not write";
}

TEST(StoreTest, ConcurrentChangesAreAllMadeAndPublishedInOrder) {
  TemporaryFolder folder;
  auto store = OpenOrDie(Options(folder));
  std::vector<int64_t> published;  // by the writer thread alone
  std::vector<std::thread> threads;
  threads.reserve(8);
  std::atomic<int> failures = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        Change change = Insert(t * 1000 + i, absl::StrCat(t, ".", i));
        change.publish = [&](int64_t revision) { published.push_back(revision); };
        const auto revision = store->Commit(std::move(change));
        if (!revision.ok() || store->revision() < *revision) ++failures;
        // The same name again fails without harm to the rest of its group.
        if (store->Commit(Insert(t * 1000 + i + 500, absl::StrCat(t, ".", i))).ok()) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  ASSERT_EQ(published.size(), 400u);
  for (size_t i = 0; i < published.size(); ++i) ASSERT_EQ(published[i], static_cast<int64_t>(i) + 1);
  EXPECT_EQ(Count(*store), 400);
}

// Holds the writer thread inside a change until told to go on.
class Blocker {
 public:
  explicit Blocker(Store& store)
      : thread_([this, &store] {
          store
              .Commit({[this](Transaction&) {
                         entered_.Notify();
                         go_.WaitForNotification();
                         return absl::OkStatus();
                       },
                       nullptr})
              .IgnoreError();
        }) {
    entered_.WaitForNotification();
  }
  ~Blocker() {
    Release();
    thread_.join();
  }
  void Release() {
    if (!go_.HasBeenNotified()) go_.Notify();
  }

 private:
  absl::Notification entered_;
  absl::Notification go_;
  std::thread thread_;
};

TEST(StoreTest, DeadlineBeforeTheWriterTookItMeansNotMade) {
  TemporaryFolder folder;
  auto store = OpenOrDie(Options(folder));
  {
    Blocker blocker(*store);
    const auto late = store->Commit(Insert(1, "late"), absl::Now() + absl::Milliseconds(5));
    EXPECT_TRUE(absl::IsDeadlineExceeded(late.status())) << late.status();
    EXPECT_TRUE(absl::IsDeadlineExceeded(store->Commit(Insert(2, "past"), absl::InfinitePast()).status()));
  }
  ASSERT_TRUE(store->Commit(Insert(3, "c")).ok());
  EXPECT_EQ(Count(*store), 1);
}

TEST(StoreTest, FullQueueWaitsUntilTheDeadline) {
  TemporaryFolder folder;
  StoreOptions options = Options(folder);
  options.queue_limit = 1;
  auto store = OpenOrDie(options);
  std::thread waiting;
  {
    Blocker blocker(*store);
    waiting = std::thread([&] { EXPECT_TRUE(store->Commit(Insert(1, "waits")).ok()); });
    // Whether the other one has its place in the queue or not, there is room for one of the two at most.
    const auto first = store->Commit(Insert(2, "b"), absl::Now() + absl::Milliseconds(5));
    EXPECT_TRUE(absl::IsDeadlineExceeded(first.status()));
  }
  waiting.join();
  EXPECT_EQ(Count(*store), 1);
}

TEST(StoreTest, SecondServiceIsRefusedAndNamesTheFirst) {
  TemporaryFolder folder;
  auto store = OpenOrDie(Options(folder));
  const auto second = Store::Open(Options(folder));
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(absl::StrCat("process ", ::getpid())));
  store.reset();
  EXPECT_TRUE(Store::Open(Options(folder)).ok());
}

TEST(StoreTest, AbsentFolderIsAnError) {
  StoreOptions options;
  options.path = "/nonexistent/folder/db";
  const auto store = Store::Open(options);
  EXPECT_TRUE(absl::IsNotFound(store.status())) << store.status();
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("create the state folder"));
}

class CountingSink : public JournalSink {
 public:
  void OnCommitted(const std::vector<JournalEntry>& entries) override {
    for (const JournalEntry& entry : entries) entries_.push_back(entry);
  }
  std::vector<JournalEntry> entries_;
};

TEST(StoreTest, SinkHearsEveryCommittedEntryOnceAfterPublishing) {
  TemporaryFolder folder;
  auto store = OpenOrDie(Options(folder));
  CountingSink sink;
  store->SetJournalSink(&sink);
  bool published = false;
  const auto write = [](Transaction& transaction) {
    transaction.AppendJournal({.kind = JournalEntry::Kind::kCreated, .entity_kind = "item", .entity_id = "1"});
    transaction.AppendJournal({.entity_kind = "item", .entity_id = "2", .payload = "p"});
    return absl::OkStatus();
  };
  ASSERT_TRUE(store
                  ->Commit({write,
                            [&](int64_t) {
                              published = true;
                              EXPECT_TRUE(sink.entries_.empty());
                            }})
                  .ok());
  EXPECT_TRUE(published);
  ASSERT_EQ(sink.entries_.size(), 2u);
  EXPECT_EQ(sink.entries_[1].revision, 1);
  EXPECT_EQ(sink.entries_[1].index, 1);
  EXPECT_EQ(sink.entries_[1].payload, "p");
  const auto failing = [&](Transaction& transaction) {
    write(transaction).IgnoreError();
    return absl::AbortedError("no");
  };
  EXPECT_FALSE(store->Commit({failing, nullptr}).ok());
  store->SetJournalSink(nullptr);
  EXPECT_TRUE(store->Commit({write, nullptr}).ok());
  EXPECT_EQ(sink.entries_.size(), 2u);
}

}  // namespace
}  // namespace cimvisor::store
