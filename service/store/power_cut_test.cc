// Acknowledged is durable: the power is cut at every write and every sync of a recorded workload.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "service/store/testing/fault_vfs.h"
#include "service/store/testing/temporary_folder.h"
#include "service/store/testing/workload.h"

namespace cimvisor::store {
namespace {

using testing::Acknowledged;
using testing::Fault;
using testing::FaultVfs;
using testing::RunWorkload;
using testing::TemporaryFolder;
using testing::Unsynced;
using testing::Verify;
using testing::WorkloadOptions;

struct Cuts {
  int64_t points = 0;
  int failures = 0;
  std::string first;  // what was wrong, where
};

// Runs the workload once whole, to count its operations, then once for each of them with the power cut there.
Cuts CutEverywhere(const std::string& synchronous, Unsynced unsynced) {
  TemporaryFolder folder;
  Cuts cuts;
  {
    FaultVfs vfs("cut_count");
    const auto whole = RunWorkload(WorkloadOptions(folder.File("db"), "cut_count", synchronous));
    EXPECT_EQ(whole.items.size(), 20u);
    cuts.points = vfs.disk().operations();
  }
  for (int64_t point = 1; point <= cuts.points; ++point) {
    FaultVfs vfs("cut");
    const StoreOptions options = WorkloadOptions(folder.File("db"), "cut", synchronous);
    vfs.disk().FailAt(Fault::kPowerCut, point);
    const Acknowledged acknowledged = RunWorkload(options);
    EXPECT_FALSE(vfs.disk().has_power()) << "the workload must reach operation " << point << " again";
    vfs.disk().PowerOn(unsynced, static_cast<uint32_t>(point));
    const std::string wrong = Verify(options, acknowledged);
    if (wrong.empty()) continue;
    if (cuts.failures++ == 0) cuts.first = absl::StrCat("cut at operation ", point, ": ", wrong);
  }
  return cuts;
}

TEST(PowerCutTest, NothingAcknowledgedIsLostWhenUnsyncedWritesAreLost) {
  const Cuts cuts = CutEverywhere("FULL", Unsynced::kLost);
  EXPECT_GT(cuts.points, 100);
  EXPECT_EQ(cuts.failures, 0) << cuts.first;
}

TEST(PowerCutTest, NothingAcknowledgedIsLostWhenSomeWritesCameThroughTorn) {
  const Cuts cuts = CutEverywhere("FULL", Unsynced::kSomeKept);
  EXPECT_EQ(cuts.failures, 0) << cuts.first;
}

TEST(PowerCutTest, NothingAcknowledgedIsLostWhenAllWritesCameThrough) {
  const Cuts cuts = CutEverywhere("FULL", Unsynced::kKept);
  EXPECT_EQ(cuts.failures, 0) << cuts.first;
}

// The test of the test: without a sync for each commit it must see the loss.
TEST(PowerCutTest, TheTestSeesTheLossWithSynchronousNormal) {
  const Cuts cuts = CutEverywhere("NORMAL", Unsynced::kLost);
  EXPECT_GT(cuts.failures, 0);
  EXPECT_NE(cuts.first.find("is lost"), std::string::npos) << cuts.first;
}

// Four callers share groups; the cut comes at an operation that depends on the run.
TEST(PowerCutTest, NothingAcknowledgedIsLostUnderConcurrentChanges) {
  TemporaryFolder folder;
  for (int64_t point = 40; point < 80; ++point) {
    FaultVfs vfs("concurrent");
    StoreOptions options = WorkloadOptions(folder.File("db"), "concurrent", "FULL");
    std::atomic<int64_t> acknowledged[4] = {};
    {
      auto store = Store::Open(options);
      ASSERT_TRUE(store.ok()) << store.status();
      vfs.disk().FailAt(Fault::kPowerCut, vfs.disk().operations() + point);
      std::vector<std::thread> threads;
      for (int64_t caller = 0; caller < 4; ++caller) {
        threads.emplace_back([&, caller] {
          for (int64_t i = 1; vfs.disk().has_power() && i < 1000; ++i) {
            const int64_t id = caller * 1000 + i;
            const auto revision = (*store)->Commit(
                {[=](Transaction& t) { return t.Execute("INSERT INTO machine VALUES (?, 'x')", {id}); }, nullptr});
            if (revision.ok()) acknowledged[caller] = i;
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    ASSERT_FALSE(vfs.disk().has_power());
    vfs.disk().PowerOn(Unsynced::kLost, 0);
    auto store = Store::Open(options);
    ASSERT_TRUE(store.ok()) << store.status();
    for (int64_t caller = 0; caller < 4; ++caller) {
      const auto rows = (*store)->Read("SELECT count(*) FROM machine WHERE id > ? AND id <= ?",
                                       {caller * 1000, caller * 1000 + acknowledged[caller].load()});
      ASSERT_TRUE(rows.ok());
      EXPECT_EQ(std::get<int64_t>((*rows)[0][0]), acknowledged[caller]) << "cut at " << point;
    }
  }
}

}  // namespace
}  // namespace cimvisor::store
