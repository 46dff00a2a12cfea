#include "service/daemon/ini_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cimvisor::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(IniFileTest, ReadsSectionsKeysAndValues) {
  auto entries = ParseIni("x.conf", "# comment\n\n[a_1]\n key = some value = more \n; other\n[b]\r\nempty=\n");
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].section, "a_1");
  EXPECT_EQ((*entries)[0].key, "key");
  EXPECT_EQ((*entries)[0].value, "some value = more");
  EXPECT_EQ((*entries)[0].line, 4);
  EXPECT_EQ((*entries)[1].section, "b");
  EXPECT_EQ((*entries)[1].value, "");
}

TEST(IniFileTest, EveryErrorHasItsLine) {
  struct Row {
    const char* text;
    const char* expected;
  };
  for (const Row& row : {Row{"\nnonsense", "x.conf:2: expected"}, Row{"key = 1", "x.conf:1: an entry stands before"},
                         Row{"[a\n", "x.conf:1: a section"}, Row{"[A]\n", "x.conf:1: the name of a section"},
                         Row{"[]\n", "x.conf:1: the name of a section"}, Row{"[a]\n\n\nK = 1", "x.conf:4: a key"},
                         Row{"[a]\n = 1", "x.conf:2: a key"}}) {
    auto entries = ParseIni("x.conf", row.text);
    ASSERT_FALSE(entries.ok()) << row.text;
    EXPECT_THAT(std::string(entries.status().message()), HasSubstr(row.expected));
  }
}

TEST(IniFileTest, ListsAreSplitAtCommas) {
  EXPECT_THAT(SplitList(" a, b c ,,d "), ElementsAre("a", "b c", "d"));
  EXPECT_THAT(SplitList(""), ElementsAre());
}

}  // namespace
}  // namespace cimvisor::daemon
