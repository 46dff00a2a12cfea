#include "hypervisor-backend/kvm/probe.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "absl/time/clock.h"
#include "hypervisor-backend/kvm/kvm_api.h"
#include "hypervisor-backend/kvm/probes/probe_code.h"
#include "hypervisor-backend/machine/file_descriptor.h"

namespace cimvisor::kvm {
namespace {

class ProbeTest : public ::testing::Test {
 protected:
  machine::FileDescriptor kvm_{::open("/dev/kvm", O_RDWR | O_CLOEXEC)};
};

TEST_F(ProbeTest, LongModeAndInterruptsWorkWhereTheseTestsRun) {
  for (const machine::ProbeKind kind : {machine::ProbeKind::kLongMode, machine::ProbeKind::kInterruptController}) {
    const machine::ProbeResult result = RunProbe(kind, kvm_.get(), absl::Now() + absl::Seconds(30));
    EXPECT_TRUE(result.passed) << result.name << ": " << result.detail;
    EXPECT_EQ(result.detail, "");
  }
}

// What the host can do is not for a test to say; that each probe ends, and says why where it fails, is.
TEST_F(ProbeTest, EveryProbeEndsWithAReasonForItsFailure) {
  for (const machine::ProbeKind kind : machine::kAllProbes) {
    const machine::ProbeResult result = RunProbe(kind, kvm_.get(), absl::Now() + absl::Seconds(2));
    EXPECT_EQ(result.name, machine::ProbeKindName(kind));
    EXPECT_EQ(result.passed, result.detail.empty()) << result.name << ": " << result.detail;
    RecordProperty(result.name, result.passed ? "passed" : result.detail);
    std::cout << "  " << result.name << ": " << (result.passed ? "passed" : result.detail) << "\n";
  }
}

TEST_F(ProbeTest, ADeadlineThatHasPassedEndsTheProbe) {
  const machine::ProbeResult result = RunProbe(machine::ProbeKind::kLongMode, kvm_.get(), absl::InfinitePast());
  EXPECT_FALSE(result.passed);
  EXPECT_THAT(result.detail, ::testing::HasSubstr("in time"));
}

TEST_F(ProbeTest, WithoutKvmAProbeFailsInWords) {
  const machine::ProbeResult closed = RunProbe(machine::ProbeKind::kLongMode, -1, absl::Now() + absl::Seconds(2));
  EXPECT_FALSE(closed.passed);
  EXPECT_THAT(closed.detail, ::testing::HasSubstr("KVM"));
}

TEST_F(ProbeTest, EveryProbeHasCodeThatFitsItsPlace) {
  for (const machine::ProbeKind kind : machine::kAllProbes) {
    EXPECT_GT(ProbeCode(kind).size(), 4);
    EXPECT_LT(ProbeCode(kind).size(), 0x10000);
  }
}

TEST_F(ProbeTest, TheHostsLimitOfProcessors) {
  EXPECT_GE(MaximumProcessors(kvm_.get()), 1);
  EXPECT_EQ(MaximumProcessors(-1), 0);
}

}  // namespace
}  // namespace cimvisor::kvm
