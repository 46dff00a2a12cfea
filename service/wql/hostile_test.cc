// What nobody writes by hand: queries that are deep, long or odd. None may crash, hang or be misread.
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/cim/errors.h"
#include "service/wql/limits.h"
#include "service/wql/parser.h"
#include "service/wql/planner.h"
#include "service/wql/test_classes.h"

namespace cimvisor::wql {
namespace {

using ::testing::HasSubstr;

std::string Repeat(const std::string& text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

absl::Status Parse(const std::string& text) { return ParseQuery(text).status(); }

void ExpectLimit(const std::string& text, const std::string& message) {
  const absl::Status status = Parse(text);
  EXPECT_EQ(cim::CimStatusOf(status), cim::CimStatus::kServerLimitsExceeded) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(message));
}

const char* const kBegin = "SELECT * FROM Test_System WHERE ";

TEST(HostileQueryTest, EachLimitHasItsOwnMessage) {
  ExpectLimit(kBegin + std::string("a = '") + std::string(kMaxQueryBytes, 'x') + "'", "the limit is 65536");
  ExpectLimit(kBegin + Repeat("(", kMaxDepth + 1) + "a = 1", "nested more than 100 deep");
  ExpectLimit(kBegin + Repeat("NOT ", kMaxDepth + 1) + "a = 1", "nested more than 100 deep");
  ExpectLimit(kBegin + Repeat("a = 1 OR ", kMaxTerms) + "a = 1", "more than 1000 conditions");
  ExpectLimit("SELECT " + Repeat("a,", kMaxColumns) + "a FROM C", "more than 1000 names");
  ExpectLimit(kBegin + Repeat("a.", 20) + "a = 1", "at most 8 parts");
}

TEST(HostileQueryTest, TheLimitsThemselvesAreAllowedAndEvaluate) {
  // The deepest right-hand nesting keeps the most operands on the evaluator's stack.
  std::string nested;
  for (int i = 0; i < kMaxDepth; ++i) nested += i % 2 == 0 ? "Name = 'x' OR (" : "EnabledState = 2 AND (";
  nested += "EnabledState = 2" + Repeat(")", kMaxDepth);
  for (const std::string& where :
       {nested, Repeat("NOT ", kMaxDepth) + "Name = 'n'", Repeat("Name = 'x' OR ", kMaxTerms - 1) + "Name = 'n'",
        Repeat("EnabledState = 2 AND ", kMaxTerms - 1) + "Name = 'n'"}) {
    const absl::StatusOr<Query> query = ParseQuery(kBegin + where);
    ASSERT_TRUE(query.ok()) << query.status();
    const auto plan = PlanSelect(std::get<SelectQuery>(query->statement), query->text, TestClass("Test_System"),
                                 CompileContext{&TestClasses(), "HOST1"});
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_TRUE(plan->filter.Matches(*TestInstance("Test_Machine", "Name=n;EnabledState=2")));
  }
}

TEST(HostileQueryTest, OddBytesAreErrorsOrText) {
  EXPECT_FALSE(Parse(std::string("SELECT * FROM C\0WHERE", 21)).ok());
  EXPECT_FALSE(Parse("SELECT * FROM C WHERE a = \x01").ok());
  EXPECT_TRUE(Parse(kBegin + std::string("a = '\xFF\xFE'")).ok());
  EXPECT_TRUE(Parse(kBegin + std::string("a = 'x\0y'", 9)).ok());
  EXPECT_TRUE(Parse("SELECT\t*\r\nFROM\vC").ok());
  EXPECT_FALSE(Parse(kBegin + std::string("a = '\\")).ok());
  EXPECT_FALSE(Parse(kBegin + std::string("a = ''''' ")).ok());
  EXPECT_FALSE(Parse("ASSOCIATORS OF {C.K=\"\\").ok());
  EXPECT_FALSE(Parse(kBegin + std::string("a = -")).ok());
  EXPECT_FALSE(Parse(kBegin + std::string("a = 0x")).ok());
  EXPECT_FALSE(Parse(kBegin + std::string("a = 1e")).ok());
  EXPECT_FALSE(Parse(kBegin + std::string("a = .")).ok());
}

TEST(HostileQueryTest, EveryPrefixOfAQueryIsAnswered) {
  const std::string text =
      "SELECT Name FROM Test_System WHERE (Name LIKE 'a\\'[a-z]%' OR NOT Shared = 'True') AND OnTime >= 0x1F";
  ASSERT_TRUE(Parse(text).ok());
  for (size_t length = 0; length < text.size(); ++length) {
    const absl::Status status = Parse(text.substr(0, length));
    if (!status.ok()) {
      EXPECT_THAT(std::string(status.message()), HasSubstr("^")) << length;
    }
  }
}

}  // namespace
}  // namespace cimvisor::wql
