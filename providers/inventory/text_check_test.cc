#include "providers/inventory/text_check.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "providers/inventory/errors.h"

namespace cimvisor::inventory {
namespace {

using ::testing::HasSubstr;

absl::Status CheckLine(absl::string_view text) { return CheckText("the name", text, TextKind::kSingleLine, 100); }

TEST(TextCheckTest, AcceptsEveryScriptOfUnicode) {
  for (const char* text : {"web-1", "Grüße", "виртуальная машина", "虚拟机", "仮想マシン", "آلة افتراضية", "וירטואלי",
                           "वर्चुअल मशीन", "🖥️ machine", "e\xCC\x81", ""}) {
    EXPECT_TRUE(CheckLine(text).ok()) << text << CheckLine(text);
  }
}

TEST(TextCheckTest, RefusesControlCharactersByName) {
  const absl::Status status = CheckLine("two\nlines");
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidParameter);
  EXPECT_THAT(std::string(status.message()), HasSubstr("U+000A at byte 3"));
  for (absl::string_view text : {absl::string_view("\0", 1), absl::string_view("a\tb"), absl::string_view("\x7F"),
                                 absl::string_view("\xC2\x85"), absl::string_view("\xE2\x80\xA8")}) {
    EXPECT_FALSE(CheckLine(text).ok());
  }
}

TEST(TextCheckTest, SeveralLinesWhereTheyAreAllowed) {
  EXPECT_TRUE(CheckText("the notes", "one\r\n\ttwo\n", TextKind::kMultiLine, 100).ok());
  EXPECT_FALSE(CheckText("the notes", "bell \a", TextKind::kMultiLine, 100).ok());
}

TEST(TextCheckTest, RefusesWhatIsNotUtf8) {
  const std::vector<std::string> bad = {
      "\x80",              // a continuation without a beginning
      "\xC0\xAF",          // overlong
      "\xE0\x80\x80",      // overlong
      "\xF0\x80\x80\x80",  // overlong
      "\xED\xA0\x80",      // a surrogate
      "\xF4\x90\x80\x80",  // above U+10FFFF
      "\xF5\x80\x80\x80",
      "\xFF",
      "\xE4\xBD",
      "ab\xC3",
  };
  for (const std::string& text : bad) {
    const absl::Status status = CheckLine(text);
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidParameter);
    EXPECT_THAT(std::string(status.message()), HasSubstr("not valid UTF-8"));
  }
}

TEST(TextCheckTest, CountsCharactersNotBytes) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "机";
  EXPECT_TRUE(CheckLine(text).ok());
  const absl::Status status = CheckLine(text + "a");
  EXPECT_THAT(std::string(status.message()), HasSubstr("has 101 characters: at most 100"));
}

TEST(TextCheckTest, PrintableTextKeepsWhatIsGoodAndCuts) {
  EXPECT_EQ(PrintableText("ok\nbad\xFFé", 100), "ok?bad?é");
  EXPECT_EQ(PrintableText("ééé", 5), "éé") << "a character is never cut in half";
  EXPECT_EQ(PrintableText("", 5), "");
}

}  // namespace
}  // namespace cimvisor::inventory
