#include "service/wql/filter.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/cim/errors.h"
#include "service/wql/compiler.h"
#include "service/wql/parser.h"
#include "service/wql/test_classes.h"

namespace cimvisor::wql {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Filter> Compile(const std::string& condition) {
  const absl::StatusOr<Query> query = ParseQuery("SELECT * FROM Test_System WHERE " + condition);
  if (!query.ok()) return query.status();
  const auto cls = TestClass("Test_System");
  Scope scope;
  scope.row = cls.get();
  return CompileFilter(*std::get<SelectQuery>(query->statement).where, query->text, scope,
                       CompileContext{&TestClasses(), "HOST1"});
}

class FilterTest : public ::testing::Test {
 protected:
  Truth Of(const std::string& condition) const {
    const absl::StatusOr<Filter> filter = Compile(condition);
    EXPECT_TRUE(filter.ok()) << condition << "\n" << filter.status();
    if (!filter.ok()) return Truth::kUnknown;
    return filter->Evaluate(Frame{machine_.get(), nullptr, nullptr});
  }
  bool Selects(const std::string& condition) const { return Of(condition) == Truth::kTrue; }

  std::shared_ptr<const cim::Instance> machine_ = TestInstance(
      "Test_Machine",
      "Name=AB-01;ElementName=web server;EnabledState=2;ProcessID=0;OnTime=18446744073709551615;Offset=-5;Ratio=2.5;"
      "Shared=TRUE;Installed=20210730025715.006743-000;OperationalStatus=2;Owner=root/test:Test_Machine.Name=\"CD\"");
};

TEST_F(FilterTest, StringsCompareWithoutRegardToCase) {
  EXPECT_TRUE(Selects("Name = 'ab-01'"));
  EXPECT_TRUE(Selects("nAmE = \"AB-01\""));
  EXPECT_TRUE(Selects("ElementName > 'WEB' AND ElementName < 'x'"));
  EXPECT_FALSE(Selects("Name <> 'ab-01'"));
  EXPECT_TRUE(Selects("ElementName LIKE 'WEB%'"));
  EXPECT_TRUE(Selects("'ab-01' = Name"));
  const auto green = TestInstance("Test_Machine", "Name=GRÜN-Σ");
  for (const char* condition : {"Name = 'grün-σ'", "Name LIKE 'gr_n-%'", "Name LIKE '%Ü%'", "Name LIKE 'GR[ü]N%'",
                                "Name LIKE 'GR[à-ý]N%'", "Name LIKE '[a=z]%'", "Name <> 'grun-σ'"}) {
    const absl::StatusOr<Filter> filter = Compile(condition);
    ASSERT_TRUE(filter.ok()) << filter.status();
    EXPECT_TRUE(filter->Matches(*green)) << condition;
  }
}

TEST_F(FilterTest, LiteralsAreCoercedToTheProperty) {
  EXPECT_TRUE(Selects("EnabledState = '2'"));
  EXPECT_TRUE(Selects("EnabledState = 2.0"));
  EXPECT_TRUE(Selects("EnabledState < 70000"));
  EXPECT_TRUE(Selects("EnabledState > -1"));
  EXPECT_FALSE(Selects("EnabledState = 70000"));
  EXPECT_TRUE(Selects("3 > EnabledState"));
  EXPECT_TRUE(Selects("Offset = '-5' AND Offset < 0"));
  EXPECT_TRUE(Selects("OnTime = 18446744073709551615"));
  EXPECT_TRUE(Selects("OnTime > 9223372036854775807"));
  EXPECT_TRUE(Selects("Ratio >= 2.5 AND Ratio < 3"));
  for (const char* yes : {"TRUE", "'True'", "'true'", "1", "'1'"}) EXPECT_TRUE(Selects(std::string("Shared = ") + yes));
  for (const char* no : {"FALSE", "'False'", "0"}) EXPECT_FALSE(Selects(std::string("Shared = ") + no));
  EXPECT_TRUE(Selects("Installed = '20210730035715.006743+060'"));
  EXPECT_TRUE(Selects("Installed < '20220101000000.000000+000'"));
  EXPECT_TRUE(Selects("Owner = 'Test_Machine.Name=\"cd\"'"));
  EXPECT_TRUE(Selects("Owner = '\\\\\\\\anyhost\\\\root\\\\test:Test_Machine.Name=\"CD\"'"));
  EXPECT_FALSE(Selects("Owner = 'Test_Machine.Name=\"EF\"'"));
}

TEST_F(FilterTest, ComparisonWithNullIsUnknown) {
  EXPECT_EQ(Of("Caption = 'x'"), Truth::kUnknown);
  EXPECT_EQ(Of("Caption <> 'x'"), Truth::kUnknown);
  EXPECT_EQ(Of("NOT Caption = 'x'"), Truth::kUnknown);
  EXPECT_EQ(Of("Caption LIKE '%'"), Truth::kUnknown);
  EXPECT_EQ(Of("Caption = ElementName"), Truth::kUnknown);
  EXPECT_EQ(Of("Caption IS NULL"), Truth::kTrue);
  EXPECT_EQ(Of("Caption IS NOT NULL"), Truth::kFalse);
  EXPECT_EQ(Of("Name IS NULL"), Truth::kFalse);
  EXPECT_EQ(Of("OperationalStatus IS NOT NULL"), Truth::kTrue);
  // The machine that is off has process 0; the host has none (clients/README.md: PSHyperV).
  EXPECT_TRUE(Selects("ProcessID >= 0"));
  const absl::StatusOr<Filter> filter = Compile("ProcessID >= 0");
  ASSERT_TRUE(filter.ok());
  EXPECT_FALSE(filter->Matches(*TestInstance("Test_Host", "Name=h")));
}

// SQL's tables for three values (ISO/IEC 9075-2 §6.39), every cell, also with the skips of an outer chain.
TEST_F(FilterTest, LogicTable) {
  const std::string kTrue = "Name = 'AB-01'";
  const std::string kUnknown = "Caption = 'x'";
  const std::string kFalse = "Name = 'no'";
  const std::pair<std::string, Truth> kValues[] = {
      {kFalse, Truth::kFalse}, {kUnknown, Truth::kUnknown}, {kTrue, Truth::kTrue}};
  for (const auto& [left, left_truth] : kValues) {
    EXPECT_EQ(Of("NOT " + left), static_cast<Truth>(2 - static_cast<int>(left_truth)));
    for (const auto& [right, right_truth] : kValues) {
      EXPECT_EQ(Of(left + " AND " + right), std::min(left_truth, right_truth)) << left << " AND " << right;
      EXPECT_EQ(Of(left + " OR " + right), std::max(left_truth, right_truth)) << left << " OR " << right;
      for (const auto& [third, third_truth] : kValues) {
        EXPECT_EQ(Of("(" + left + " AND " + right + ") OR " + third),
                  std::max(std::min(left_truth, right_truth), third_truth));
        EXPECT_EQ(Of(left + " AND (" + right + " OR NOT " + third + ")"),
                  std::min(left_truth, std::max(right_truth, static_cast<Truth>(2 - static_cast<int>(third_truth)))));
        EXPECT_EQ(Of(left + " AND " + right + " AND " + third), std::min({left_truth, right_truth, third_truth}));
      }
    }
  }
}

TEST_F(FilterTest, SystemProperties) {
  EXPECT_TRUE(Selects("__CLASS = 'test_machine'"));
  EXPECT_TRUE(Selects("__SUPERCLASS = 'Test_System' AND __DYNASTY = 'Test_Element'"));
  EXPECT_TRUE(Selects("__DERIVATION = 'test_element' AND __DERIVATION <> 'Test_Host'"));
  EXPECT_FALSE(Selects("__DERIVATION = 'Test_Machine'"));
  EXPECT_TRUE(Selects("__DERIVATION IS NOT NULL"));
  EXPECT_TRUE(Selects("__SERVER = 'host1'"));
  EXPECT_TRUE(Selects("Name <> __SERVER"));
  EXPECT_TRUE(Selects("__NAMESPACE = 'ROOT\\\\Test'"));
  EXPECT_TRUE(Selects("__GENUS = 2 AND __PROPERTY_COUNT > 10"));
  EXPECT_TRUE(Selects("__RELPATH = 'Test_Machine.Name=\"ab-01\"'"));
  EXPECT_TRUE(Selects("__PATH = '\\\\\\\\OTHER\\\\root\\\\test:Test_Machine.Name=\"AB-01\"'"));
  EXPECT_TRUE(Selects("__PATH = '\\\\OTHER\\root\\test:Test_Machine.Name=\"AB-01\"'"));
  EXPECT_FALSE(Selects("__PATH <> 'Test_Machine.Name=\"AB-01\"'"));
  EXPECT_TRUE(Selects("__PATH LIKE '%HOST1%Name=\"AB-01\"'"));
  EXPECT_TRUE(Selects("__this ISA 'Test_System'"));
  EXPECT_FALSE(Selects("__this ISA 'Test_Host'"));
  EXPECT_TRUE(Selects("Owner ISA 'Test_System'"));
  EXPECT_FALSE(Selects("Owner ISA 'Test_Host'"));
}

TEST(FilterErrorTest, EachErrorNamesWhatIsWrong) {
  const std::pair<const char*, const char*> kCases[] = {
      {"Nmae = 'x'", "Test_System has no property 'Nmae'"},
      {"Name = Nmae", "Test_System has no property 'Nmae'"},
      {"Notes = 'x'", "Test_System has no property 'Notes'"},
      {"EnabledState = 'on'", "EnabledState is of type uint16: 'on' is no number"},
      {"Shared = 'yes'", "Shared is of type boolean: 'yes' is neither TRUE nor FALSE"},
      {"Shared < TRUE", "has no order"},
      {"Installed > 'yesterday'", "'yesterday' is no datetime"},
      {"EnabledState LIKE '2%'", "LIKE is for strings"},
      {"Name LIKE '[a'", "the pattern is not valid: [ has no closing ]"},
      {"OperationalStatus = 2", "OperationalStatus is an array"},
      {"Name = EnabledState", "they cannot be compared"},
      {"Name ISA 'Test_System'", "ISA is for objects and references"},
      {"__this ISA 'Nonsense'", "there is no class 'Nonsense' in root/test"},
      {"Owner = 5", "is no object path"},
      {"__PATH > 'x'", "a path, which has no order"},
      {"Owner.Name = 'x'", "looks into an embedded object"},
      {"TargetInstance.Name = 'x'", "looks into an embedded object"},
      {"__this = 'x'", "is an object"},
      {"__DERIVATION > 'x'", "compare it with = or <>"},
      {"__DERIVATION LIKE 'x%'", "LIKE is for strings"},
  };
  for (const auto& [condition, message] : kCases) {
    const absl::StatusOr<Filter> filter = Compile(condition);
    ASSERT_FALSE(filter.ok()) << condition;
    EXPECT_EQ(cim::CimStatusOf(filter.status()), cim::CimStatus::kInvalidQuery) << condition;
    EXPECT_THAT(std::string(filter.status().message()), HasSubstr(message)) << condition;
    EXPECT_THAT(std::string(filter.status().message()), HasSubstr("\n")) << "no caret: " << condition;
  }
}

TEST(FilterCompileTest, EmptyFilterMatchesEverything) { EXPECT_TRUE(Filter().Matches(*TestInstance("Test_Host", ""))); }

}  // namespace
}  // namespace cimvisor::wql
