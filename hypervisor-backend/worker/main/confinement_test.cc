// What a running worker may not do: read from outside, and provoked from inside on each kind of thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/recording_observer.h"
#include "hypervisor-backend/worker/descriptor_table.h"
#include "hypervisor-backend/worker/main/worker_test_support.h"
#include "hypervisor-backend/worker/worker_hypervisor.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CIMVISOR_THREAD_SANITIZER 1
#endif
#endif

namespace cimvisor::worker {
namespace {

using machine::RecordingObserver;

class ConfinementTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = WorkerHypervisor::Create(SimulatedOptions(folder_.path()));
    ASSERT_TRUE(made.ok()) << made.status();
    hypervisor_ = *std::move(made);
    // Of the service and not for workers, although somebody forgot to close it on exec.
    leaked_ = dup(STDERR_FILENO);
    auto launched = hypervisor_->Launch(SmallSpec("CONFINED"), {"launch", 1}, &observer_);
    ASSERT_TRUE(launched.ok()) << launched.status();
    launched_ = *std::move(launched);
    ASSERT_TRUE(launched_.machine->Start().ok());
    ASSERT_TRUE(absl::SimpleAtoi(StatusField(launched_.process_id, "PPid"), &parent_id_));
  }
  void TearDown() override { close(leaked_); }

  TemporaryFolder folder_;
  RecordingObserver observer_;
  std::unique_ptr<WorkerHypervisor> hypervisor_;
  machine::LaunchedMachine launched_;
  uint32_t parent_id_ = 0;
  int leaked_ = -1;
};

TEST_F(ConfinementTest, BothProcessesHaveNoPrivileges) {
  for (const uint32_t process : {launched_.process_id, parent_id_}) {
    EXPECT_EQ(StatusField(process, "Seccomp"), "2") << process;
    EXPECT_EQ(StatusField(process, "NoNewPrivs"), "1");
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
      EXPECT_EQ(StatusField(process, set), "0000000000000000") << set;
    }
    if (geteuid() == 0) {
      EXPECT_EQ(StatusField(process, "Uid"), "2000000\t2000000\t2000000\t2000000");
      EXPECT_EQ(StatusField(process, "Gid"), "2000000\t2000000\t2000000\t2000000");
      EXPECT_EQ(StatusField(process, "Groups"), "");
      EXPECT_EQ(StatusField(process, "CapBnd"), "0000000000000000");
    }
  }
}

TEST_F(ConfinementTest, EachThreadHasAFilter) {
  size_t confined = 0;
  size_t others = 0;
  for (const auto& thread :
       std::filesystem::directory_iterator(absl::StrCat("/proc/", launched_.process_id, "/task"))) {
    const std::string id = thread.path().filename().string();
    ++(StatusField(static_cast<uint32_t>(std::stoul(id)), "Seccomp") == "2" ? confined : others);
  }
  EXPECT_EQ(confined, 3u) << "control, processor and device";
#if !defined(CIMVISOR_THREAD_SANITIZER)  // whose runtime has threads of its own, from before main()
  EXPECT_EQ(others, 0u);
#endif
}

TEST_F(ConfinementTest, OnlyTheDescriptorsHandedOverAreOpen) {
  if (geteuid() != 0) GTEST_SKIP() << "another user's descriptors are shown to root only";
  const auto open_descriptors = [](uint32_t process) {
    std::map<int, std::string> open;
    for (const auto& entry : std::filesystem::directory_iterator(absl::StrCat("/proc/", process, "/fd"))) {
      open[std::stoi(entry.path().filename().string())] = std::filesystem::read_symlink(entry.path()).string();
    }
    return open;
  };
  for (const auto& [fd, target] : open_descriptors(launched_.process_id)) {
    const bool expected = target == "/dev/null" || absl::EndsWith(target, "/launch/log") ||
                          absl::StartsWith(target, "socket:") || absl::StartsWith(target, "/memfd:cimvisor-counters") ||
                          target == "anon_inode:[eventfd]";
    EXPECT_TRUE(expected) << fd << " -> " << target;
  }
  const std::map<int, std::string> parent = open_descriptors(parent_id_);
  for (const auto& [fd, target] : parent) {
    EXPECT_TRUE(fd <= kLog || fd == kRecord) << fd << " -> " << target;
  }
  EXPECT_TRUE(parent.contains(kRecord));
}

TEST_F(ConfinementTest, NoCoreDumpsAndABoundedLog) {
  const auto limits = std::filesystem::path(absl::StrCat("/proc/", launched_.process_id, "/limits"));
  std::ifstream file(limits);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_THAT(text, testing::ContainsRegex("Max core file size +0 +0 "));
  EXPECT_THAT(text, testing::ContainsRegex("Max file size +1048576 +1048576 "));
}

class ForbiddenCallTest : public ConfinementTest, public testing::WithParamInterface<const char*> {};

TEST_P(ForbiddenCallTest, KillsTheWorker) {
  // The worker dies before it answers, or while it does.
  launched_.machine->WriteSerial(0, absl::StrCat("forbidden ", GetParam(), "\n")).status().IgnoreError();
  const auto ended = observer_.WaitForEnd();
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->kind, machine::EndKind::kWorkerDied);
  EXPECT_EQ(ended->signal, SIGSYS) << ended->detail;
}

INSTANTIATE_TEST_SUITE_P(EachKindOfThread, ForbiddenCallTest, testing::Values("control", "processor", "device"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(ConfinementOfRoot, AWorkerOfRootWithoutAUserDoesNotStart) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can start one";
  TemporaryFolder folder;
  WorkerHypervisorOptions options = SimulatedOptions(folder.path());
  options.first_user_id = 0;
  options.user_ids = 1;
  auto hypervisor = WorkerHypervisor::Create(options);
  ASSERT_TRUE(hypervisor.ok());
  RecordingObserver observer;
  const auto launched = (*hypervisor)->Launch(SmallSpec("ROOT"), {"launch", 1}, &observer);
  EXPECT_FALSE(launched.ok());
  EXPECT_THAT(std::string(launched.status().message()), testing::HasSubstr("does not run as root"));
}

}  // namespace
}  // namespace cimvisor::worker
