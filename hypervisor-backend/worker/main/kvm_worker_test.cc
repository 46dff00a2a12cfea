// The production worker over this host's /dev/kvm with the small guest: its confinement while a guest runs, what it
// boots, its adoption, and the host's qualification.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/recording_observer.h"
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
using testing::HasSubstr;

class KvmWorkerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = WorkerHypervisor::Create(KvmOptions(folder_.path()));
    ASSERT_TRUE(made.ok()) << made.status();
    hypervisor_ = *std::move(made);
  }
  void Boot(machine::MachineSpec spec) {
    auto launched = hypervisor_->Launch(std::move(spec), {"launch", 1}, &observer_);
    ASSERT_TRUE(launched.ok()) << launched.status();
    launched_ = *std::move(launched);
    const absl::Status started = launched_.machine->Start();
    ASSERT_TRUE(started.ok()) << started;
  }

  TemporaryFolder folder_;
  RecordingObserver observer_;
  std::unique_ptr<WorkerHypervisor> hypervisor_;
  machine::LaunchedMachine launched_;
};

TEST_F(KvmWorkerTest, EveryThreadIsConfinedWhileAGuestRuns) {
  machine::MachineSpec spec = SpecWithGuest("CONFINED");
  spec.processors = 2;
  ASSERT_NO_FATAL_FAILURE(Boot(std::move(spec)));
  ASSERT_TRUE(observer_.WaitForOutput(0, "Type help")) << observer_.output(0);
  size_t threads = 0;
  size_t unconfined = 0;
  for (const auto& thread :
       std::filesystem::directory_iterator(absl::StrCat("/proc/", launched_.process_id, "/task"))) {
    const auto id = static_cast<uint32_t>(std::stoul(thread.path().filename().string()));
    if (StatusField(id, "Seccomp") != "2") {
      ++unconfined;
      continue;
    }
    EXPECT_EQ(StatusField(id, "NoNewPrivs"), "1");
    EXPECT_EQ(StatusField(id, "CapEff"), "0000000000000000");
    EXPECT_FALSE(absl::StartsWith(StatusField(id, "Uid"), "0\t"));
    ++threads;
  }
  EXPECT_GE(threads, 3u) << "control and a processor each";
#if !defined(CIMVISOR_THREAD_SANITIZER)  // whose runtime has threads of its own, from before main()
  EXPECT_EQ(unconfined, 0u);
#endif
  if (geteuid() != 0) return;  // another user's descriptors are shown to root only
  for (const auto& entry : std::filesystem::directory_iterator(absl::StrCat("/proc/", launched_.process_id, "/fd"))) {
    const std::string target = std::filesystem::read_symlink(entry.path()).string();
    const bool expected = target == "/dev/null" || target == "/dev/kvm" || absl::EndsWith(target, "/launch/log") ||
                          absl::StartsWith(target, "socket:") || absl::StartsWith(target, "/memfd:cimvisor-") ||
                          absl::StartsWith(target, "anon_inode:") || absl::EndsWith(target, "/guest/hello");
    EXPECT_TRUE(expected) << entry.path() << " -> " << target;
  }
}

TEST_F(KvmWorkerTest, AMachineWithNothingToBootSaysSoAndCanBeTurnedOff) {
  machine::MachineSpec spec = SmallSpec("EMPTY");
  spec.boot_order_text = "no boot device was found\r\n";
  ASSERT_NO_FATAL_FAILURE(Boot(std::move(spec)));
  EXPECT_TRUE(observer_.WaitForOutput(0, "no boot device was found")) << observer_.output(0);
  EXPECT_TRUE(launched_.machine->TurnOff().ok());
}

TEST_F(KvmWorkerTest, AKernelThatIsNoneIsRefusedInWords) {
  machine::MachineSpec spec = SmallSpec("NO-KERNEL");
  spec.kernel_fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  const auto launched = hypervisor_->Launch(std::move(spec), {"launch", 1}, &observer_);
  EXPECT_EQ(launched.status().code(), absl::StatusCode::kInvalidArgument) << launched.status();
}

TEST_F(KvmWorkerTest, ARunningGuestIsAdopted) {
  ASSERT_NO_FATAL_FAILURE(Boot(SpecWithGuest("ADOPTED")));
  ASSERT_TRUE(observer_.WaitForOutput(0, "Type help"));
  launched_.machine->Detach();
  launched_.machine.reset();
  hypervisor_.reset();
  ASSERT_NO_FATAL_FAILURE(SetUp());
  RecordingObserver second;
  auto adopted = hypervisor_->Adopt({{"ADOPTED", "launch", 0}}, 2, [&](const std::string&) { return &second; });
  ASSERT_TRUE(adopted[0].ok()) << adopted[0].status();
  ASSERT_NE(adopted[0]->machine, nullptr) << adopted[0]->ended.detail;
  EXPECT_EQ(adopted[0]->process_id, launched_.process_id);
  ASSERT_TRUE(adopted[0]->machine->WriteSerial(0, "echo again\n").ok());
  EXPECT_TRUE(second.WaitForOutput(0, "\nagain")) << second.output(0);
  adopted.clear();
}

TEST_F(KvmWorkerTest, QualifiesThisHost) {
  const machine::HostCapabilities host = hypervisor_->Qualify(false);
  EXPECT_TRUE(host.verdict == machine::HostVerdict::kAnyGuest || host.verdict == machine::HostVerdict::kSmallGuests)
      << host.advice;
  EXPECT_GT(host.max_processors_per_machine, 0u);
  for (const machine::ProbeResult& probe : host.probes) {
    EXPECT_EQ(probe.passed, probe.detail.empty()) << probe.name << ": " << probe.detail;
  }
}

}  // namespace
}  // namespace cimvisor::worker
