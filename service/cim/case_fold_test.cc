#include "service/cim/case_fold.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cimvisor::cim {
namespace {

TEST(CaseFoldTest, LettersOfEveryScriptHaveNoCase) {
  EXPECT_TRUE(EqualsFolded("Web-01", "wEB-01"));
  EXPECT_TRUE(EqualsFolded("GRÜN", "grün"));
  EXPECT_TRUE(EqualsFolded("ΣΊΣΥΦΟΣ", "σίσυφος"));  // the sigma at the end of a word too
  EXPECT_TRUE(EqualsFolded("ПРИВЕТ", "привет"));
  EXPECT_TRUE(EqualsFolded("\U00010400", "\U00010428"));  // Deseret, beyond 16 bits
  EXPECT_FALSE(EqualsFolded("straße", "strasse"));        // simple folding keeps the number of characters
  EXPECT_FALSE(EqualsFolded("grun", "grün"));
  EXPECT_FALSE(EqualsFolded("a", "ab"));
}

TEST(CaseFoldTest, TheFoldedTextAgreesWithTheComparison) {
  const std::vector<std::string> texts = {"",  "a", "A", "Ab", "ÄB", "äb", "ſ",    "s",      "\xFF\xC3",    "\xC3",
                                          "K", "k", "ﬀ", "İ",  "i",  "ı",  "日本", "日本語", "\U00010400z", "z"};
  for (const std::string& a : texts) {
    for (const std::string& b : texts) {
      EXPECT_EQ(EqualsFolded(a, b), FoldText(a) == FoldText(b)) << a << " and " << b;
      EXPECT_EQ(CompareFolded(a, b) < 0, CompareFolded(b, a) > 0) << a << " and " << b;
      EXPECT_EQ(StartsWithFolded(a, b), FoldText(a).rfind(FoldText(b), 0) == 0) << a << " and " << b;
    }
  }
}

TEST(CaseFoldTest, BytesThatAreNoTextAreComparedAsTheyStand) {
  EXPECT_TRUE(EqualsFolded("\xFFx", "\xFFX"));
  EXPECT_FALSE(EqualsFolded("\xFF", "\xFE"));
  EXPECT_TRUE(StartsWithFolded("\xC3(", "\xC3"));
}

}  // namespace
}  // namespace cimvisor::cim
