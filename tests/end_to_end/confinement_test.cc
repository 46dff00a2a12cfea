// What a running worker may still do, read from /proc.
#include <unistd.h>

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::testing {
namespace {

class ConfinementTest : public ServiceFixture {};

TEST_F(ConfinementTest, ARunningWorkerIsConfined) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("confined");
  ASSERT_TRUE(RequestState(guid, 2).ok());
  const auto pid = static_cast<pid_t>(WorkerPid(guid));
  int threads = 0;
  for (const auto& task : std::filesystem::directory_iterator(absl::StrCat("/proc/", pid, "/task"))) {
    const auto thread = static_cast<pid_t>(std::stoi(task.path().filename()));
    EXPECT_EQ(ProcessStatus(thread, "Seccomp"), "2") << "thread " << thread;
    EXPECT_EQ(ProcessStatus(thread, "NoNewPrivs"), "1");
    for (const char* set : {"CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"}) {
      if (geteuid() == 0 || absl::string_view(set) != "CapBnd") {
        EXPECT_EQ(ProcessStatus(thread, set), "0000000000000000") << set;
      }
    }
    ++threads;
  }
  EXPECT_GE(threads, 2);
  if (geteuid() == 0) {
    for (const absl::string_view uid : absl::StrSplit(ProcessStatus(pid, "Uid"), '\t')) EXPECT_NE(uid, "0");
    for (const absl::string_view gid : absl::StrSplit(ProcessStatus(pid, "Gid"), '\t')) EXPECT_NE(gid, "0");
    EXPECT_EQ(ProcessStatus(pid, "Groups"), "");
  }
}

TEST_F(ConfinementTest, AWorkerHoldsOnlyTheDescriptorsThatItWasHanded) {
  ASSERT_TRUE(StartService());
  const std::string guid = DefineMachine("descriptors");
  ASSERT_TRUE(RequestState(guid, 2).ok());
  int64_t pid = WorkerPid(guid);
  for (const auto& entry : std::filesystem::directory_iterator(absl::StrCat("/proc/", pid, "/fd"))) {
    std::error_code ignored;
    const std::string target = std::filesystem::read_symlink(entry.path(), ignored).string();
    const bool expected = absl::StartsWith(target, "anon_inode:") || absl::StartsWith(target, "socket:") ||
                          absl::StartsWith(target, "pipe:") || absl::StartsWith(target, "/memfd:") ||
                          target == "/dev/kvm" || target == "/dev/null" || target == boot_folder() + "/hello" ||
                          absl::StrContains(target, guid) || absl::StrContains(target, runtime_folder()) ||
                          absl::EndsWith(target, ".log");
    EXPECT_TRUE(expected) << entry.path() << " -> " << target;
    EXPECT_FALSE(absl::StrContains(target, ".db") || absl::StrContains(target, "sqlite")) << target;
  }
}

}  // namespace
}  // namespace cimvisor::testing
