#include "hypervisor-backend/machine/qualification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cimvisor::machine {
namespace {

using ::testing::HasSubstr;

std::vector<ProbeResult> AllBut(std::vector<ProbeKind> failed) {
  std::vector<ProbeResult> results;
  for (const ProbeKind kind : kAllProbes) {
    ProbeResult result;
    result.name = std::string(ProbeKindName(kind));
    result.passed = std::find(failed.begin(), failed.end(), kind) == failed.end();
    results.push_back(result);
  }
  return results;
}

TEST(Qualification, EveryProbePassedMeansAnyGuest) {
  EXPECT_EQ(JudgeProbes(AllBut({})), HostVerdict::kAnyGuest);
  EXPECT_EQ(AdviceFor(HostVerdict::kAnyGuest, AllBut({})), "");
}

TEST(Qualification, OneInstructionThatFailsMeansSmallGuests) {
  for (const ProbeKind kind : {ProbeKind::kCompareExchange16, ProbeKind::kBreakpoint, ProbeKind::kExtendedState,
                               ProbeKind::kFloatingPointWait, ProbeKind::kSse}) {
    const auto results = AllBut({kind});
    EXPECT_EQ(JudgeProbes(results), HostVerdict::kSmallGuests);
    EXPECT_THAT(AdviceFor(HostVerdict::kSmallGuests, results), HasSubstr(std::string(ProbeKindName(kind))));
  }
}

TEST(Qualification, WithoutLongModeOrInterruptsNothingRuns) {
  EXPECT_EQ(JudgeProbes(AllBut({ProbeKind::kLongMode})), HostVerdict::kNone);
  EXPECT_EQ(JudgeProbes(AllBut({ProbeKind::kInterruptController})), HostVerdict::kNone);
}

TEST(Qualification, AProbeThatWasNotRunDoesNotCountAsPassed) {
  auto results = AllBut({});
  results.pop_back();
  EXPECT_EQ(JudgeProbes(results), HostVerdict::kSmallGuests);
  EXPECT_EQ(JudgeProbes({}), HostVerdict::kUnknown);
}

TEST(Qualification, NamesGoBothWays) {
  for (const ProbeKind kind : kAllProbes) EXPECT_EQ(ProbeKindFromName(ProbeKindName(kind)), kind);
  EXPECT_FALSE(ProbeKindFromName("x87").has_value());
}

}  // namespace
}  // namespace cimvisor::machine
