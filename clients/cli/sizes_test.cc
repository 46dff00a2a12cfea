#include "clients/cli/sizes.h"

#include <gtest/gtest.h>

namespace cimvisor::cli {
namespace {

TEST(SizesTest, Parses) {
  EXPECT_EQ(*ParseSize("256M"), 256u << 20);
  EXPECT_EQ(*ParseSize("2gib"), uint64_t{2} << 30);
  EXPECT_EQ(*ParseSize("1KB"), 1024u);
  EXPECT_EQ(*ParseSize("17"), 17u);
  EXPECT_EQ(*ParseSize("1P"), uint64_t{1} << 50);
}

TEST(SizesTest, RefusesWhatIsNoSize) {
  for (const char* text : {"", "M", "-1M", "1.5G", "12X", "1GG", "1MBB", "99999999999999999999", "99999999P", " 1M"}) {
    EXPECT_FALSE(ParseSize(text).ok()) << text;
  }
}

TEST(SizesTest, Formats) {
  EXPECT_EQ(FormatSize(17), "17");
  EXPECT_EQ(FormatSize(256u << 20), "256M");
  EXPECT_EQ(FormatSize((uint64_t{3} << 30) / 2), "1.5G");
  EXPECT_EQ(FormatUptime(41999), "41s");
  EXPECT_EQ(FormatUptime(312000), "5m 12s");
  EXPECT_EQ(FormatUptime(90000000), "1d 1h");
}

}  // namespace
}  // namespace cimvisor::cli
