#include "service/daemon/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cimvisor::daemon {
namespace {

TEST(LogTest, AnEventIsOneLineWhateverAClientSent) {
  EXPECT_EQ(OneLine("a\nb\rc\x1b[31md\te"), "a b c [31md e");
  EXPECT_EQ(OneLine(std::string(10000, 'x')).size(), 4096u);
}

TEST(LogTest, ALineHasTimeLevelAreaObjectAndText) {
  testing::internal::CaptureStderr();
  {
    Log log("info");
    log.Write(Severity::kDebug, "rpc", "", "not shown");
    log.Write(Severity::kWarning, "inventory", "GUID", "went\naway {}");
    log.Write(Severity::kInformation, "store", "", "opened");
  }
  const std::string printed = testing::internal::GetCapturedStderr();
  EXPECT_THAT(printed,
              testing::ContainsRegex("^[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+[.][0-9]+Z warning inventory"));
  EXPECT_THAT(printed, testing::HasSubstr("Z warning inventory GUID went away {}\n"));
  EXPECT_THAT(printed, testing::EndsWith("Z info    store - opened\n"));
}

}  // namespace
}  // namespace cimvisor::daemon
