#include "service/wql/like.h"

#include <string>

#include "gtest/gtest.h"

namespace cimvisor::wql {
namespace {

bool Like(const std::string& text, const std::string& pattern) {
  auto compiled = LikePattern::Compile(pattern);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return compiled.ok() && compiled->Matches(text);
}

TEST(LikeTest, MatchesLiteralTextWithoutRegardToCase) {
  EXPECT_TRUE(Like("Virtual Machine", "virtual MACHINE"));
  EXPECT_FALSE(Like("Virtual Machine", "virtual"));
  EXPECT_TRUE(Like("", ""));
  EXPECT_FALSE(Like("a", ""));
}

TEST(LikeTest, PercentMatchesAnyRun) {
  EXPECT_TRUE(Like("", "%"));
  EXPECT_TRUE(Like("Microsoft:GUID\\Default", "%\\Default"));
  EXPECT_TRUE(Like("Microsoft:GUID\\1", "microsoft:guid%"));
  EXPECT_TRUE(Like("abcabcabd", "%abc%abd"));
  EXPECT_FALSE(Like("abcabcabd", "%abd%abc"));
  EXPECT_TRUE(Like("abc", "%%a%%c%%"));
}

TEST(LikeTest, UnderscoreMatchesOneCharacterOfUnicode) {
  EXPECT_TRUE(Like("abc", "a_c"));
  EXPECT_FALSE(Like("ac", "a_c"));
  EXPECT_TRUE(
      Like("a\xC3\xA4"
           "c",
           "a_c"));
  EXPECT_TRUE(Like("\xF0\x9F\x90\xA7", "_"));
}

TEST(LikeTest, SetsAndRanges) {
  EXPECT_TRUE(Like("vm5", "vm[0-9]"));
  EXPECT_FALSE(Like("vmx", "vm[0-9]"));
  EXPECT_TRUE(Like("vmx", "vm[^0-9]"));
  EXPECT_FALSE(Like("vm5", "vm[^0-9]"));
  EXPECT_TRUE(Like("VMX", "vm[x]"));
  EXPECT_TRUE(Like("vmx", "vm[A-Z]"));
  EXPECT_TRUE(Like("100%", "100[%]"));
  EXPECT_FALSE(Like("100x", "100[%]"));
  EXPECT_TRUE(Like("a_b", "a[_]b"));
  EXPECT_TRUE(Like("a-b", "a[x-]b"));
  EXPECT_TRUE(Like("a[b", "a[[]b"));
}

TEST(LikeTest, RefusesBrokenSets) {
  EXPECT_FALSE(LikePattern::Compile("vm[0-9").ok());
  EXPECT_FALSE(LikePattern::Compile("vm[]").ok());
  EXPECT_FALSE(LikePattern::Compile("vm[^]").ok());
  EXPECT_FALSE(LikePattern::Compile("vm[9-0]").ok());
}

TEST(LikeTest, PrefixEndsAtTheFirstWildcard) {
  EXPECT_EQ(LikePattern::Compile("Microsoft:A%").value().prefix(), "Microsoft:A");
  EXPECT_EQ(LikePattern::Compile("M\xC3\xA4r_x").value().prefix(), "M\xC3\xA4r");
  EXPECT_EQ(LikePattern::Compile("%x").value().prefix(), "");
  EXPECT_TRUE(LikePattern::Compile("plain").value().is_literal());
  EXPECT_FALSE(LikePattern::Compile("plai[n]").value().is_literal());
}

// With backtracking to every %, this would take longer than the universe has.
TEST(LikeTest, HostilePatternStaysPolynomial) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "%a";
  EXPECT_FALSE(Like(std::string(2000, 'a') + "b", pattern));
}

TEST(LikeTest, TextThatIsNoUtf8IsMatchedByByte) {
  EXPECT_TRUE(Like("\xFF\xC3", "__"));
  EXPECT_TRUE(Like("\xE4%", "_[%]"));
}

}  // namespace
}  // namespace cimvisor::wql
