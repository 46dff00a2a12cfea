#include "service/cim/datetime.h"

#include <string>

#include "gtest/gtest.h"

namespace cimvisor::cim {
namespace {

TEST(DateTime, PointsReadAndWriteBack) {
  for (const char* text : {"20210730025715.006743+000", "16010101000000.000000+000", "20260228235959.999999+060",
                           "20260228235959.999999-480", "99991231235959.999999+000", "00000101000000.000000+000"}) {
    absl::StatusOr<DateTime> time = DateTime::Parse(text);
    ASSERT_TRUE(time.ok()) << time.status();
    EXPECT_FALSE(time->is_interval());
    EXPECT_EQ(time->ToText(), text);
  }
}

TEST(DateTime, MinusZeroOffsetOfHyperVIsUtc) {
  EXPECT_EQ(DateTime::Parse("20210730025715.006743-000")->ToText(), "20210730025715.006743+000");
}

TEST(DateTime, PointIsAnInstant) {
  EXPECT_EQ(DateTime::Parse("19700101010000.000001+060")->microseconds(), 1);
  EXPECT_EQ(*DateTime::Parse("19700101010000.000000+060"), *DateTime::Parse("19700101000000.000000+000"));
  EXPECT_EQ(DateTime::Parse("19691231235959.500000+000")->microseconds(), -500000);
}

TEST(DateTime, IntervalsReadAndWriteBack) {
  absl::StatusOr<DateTime> interval = DateTime::Parse("00000001020304.000005:000");
  ASSERT_TRUE(interval.ok()) << interval.status();
  EXPECT_TRUE(interval->is_interval());
  EXPECT_EQ(interval->ToDuration(), absl::Hours(26) + absl::Minutes(3) + absl::Seconds(4) + absl::Microseconds(5));
  EXPECT_EQ(interval->ToText(), "00000001020304.000005:000");
  EXPECT_EQ(DateTime::FromDuration(absl::InfiniteDuration()).ToText(), "99999999235959.999999:000");
  EXPECT_EQ(DateTime::FromDuration(absl::Seconds(-1)).ToText(), "00000000000000.000000:000");
  EXPECT_FALSE(DateTime() == *DateTime::Parse("19700101000000.000000+000"));
}

TEST(DateTime, TimesOutOfFourDigitsOfYearAreClamped) {
  EXPECT_EQ(DateTime::FromTime(absl::InfiniteFuture()).ToText(), "99991231235959.999999+000");
  EXPECT_EQ(DateTime::FromTime(absl::InfinitePast(), -60).ToText(), "00000101000000.000000-060");
  EXPECT_EQ(DateTime::FromTime(absl::UnixEpoch(), 90).ToText(), "19700101013000.000000+090");
}

TEST(DateTime, AsterisksReadAsTheStartOfTheField) {
  EXPECT_EQ(DateTime::Parse("2021**********.******+000")->ToText(), "20210101000000.000000+000");
  EXPECT_EQ(DateTime::Parse("20210730025715.12****+000")->ToText(), "20210730025715.120000+000");
  EXPECT_EQ(DateTime::Parse("20210730025715.000000+***")->ToText(), "20210730025715.000000+000");
  EXPECT_FALSE(DateTime::Parse("****0730025715.000000+000").ok());
  EXPECT_FALSE(DateTime::Parse("20210730025715.1**456+000").ok());
}

TEST(DateTime, ErrorsNameTheField) {
  struct {
    const char* text;
    const char* expected;
  } const cases[] = {
      {"", "0 characters"},
      {"20210730025715.006743+0000", "26 characters"},
      {"20211330025715.006743+000", "month is 13"},
      {"20210229025715.006743+000", "no day 29"},
      {"20210730245715.006743+000", "hour is 24"},
      {"20210730026015.006743+000", "minute is 60"},
      {"20210730025760.006743+000", "second is 60"},
      {"2021073002571x.006743+000", "second '1x' is not a number"},
      {"20210730025715.00674x+000", "microseconds"},
      {"20210730025715,006743+000", "'.'"},
      {"20210730025715.006743 000", "'+', '-' or ':'"},
      {"20210730025715.006743+0x0", "UTC offset"},
      {"00000001020304.000005:001", ":000"},
      {"0000000102 304.000005:000", "minute"},
  };
  for (const auto& row : cases) {
    absl::StatusOr<DateTime> time = DateTime::Parse(row.text);
    ASSERT_FALSE(time.ok()) << row.text;
    EXPECT_NE(std::string(time.status().message()).find(row.expected), std::string::npos) << time.status();
  }
}

}  // namespace
}  // namespace cimvisor::cim
