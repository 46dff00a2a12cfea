#include "service/wql/planner.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/cim/errors.h"
#include "service/wql/parser.h"
#include "service/wql/test_classes.h"

namespace cimvisor::wql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::StatusOr<SelectPlan> Plan(const std::string& text) {
  const absl::StatusOr<Query> query = ParseQuery(text);
  if (!query.ok()) return query.status();
  return PlanSelect(std::get<SelectQuery>(query->statement), query->text, TestClass("Test_System"),
                    CompileContext{&TestClasses(), "HOST1"});
}

// "Name=x", "Name^x" for a prefix.
std::vector<std::string> Hints(const std::string& condition) {
  const absl::StatusOr<SelectPlan> plan = Plan("SELECT * FROM Test_System WHERE " + condition);
  EXPECT_TRUE(plan.ok()) << plan.status();
  std::vector<std::string> hints;
  if (!plan.ok()) return hints;
  for (const Hint& hint : plan->hints) {
    const cim::Property& property = plan->from->properties()[static_cast<size_t>(hint.slot)];
    EXPECT_EQ(hint.value.type(), property.type);
    hints.push_back(absl::StrCat(property.name, hint.is_prefix ? "^" : "=", hint.value.ToText()));
  }
  return hints;
}

TEST(PlannerTest, EqualitiesOfTheOutermostAndAreHints) {
  EXPECT_THAT(Hints("Name = 'x'"), ElementsAre("Name=x"));
  EXPECT_THAT(Hints("'2' = EnabledState AND ElementName = 'y'"), ElementsAre("EnabledState=2", "ElementName=y"));
  EXPECT_THAT(Hints("Name = 'x' AND (EnabledState = 2 AND Shared = TRUE)"),
              ElementsAre("Name=x", "EnabledState=2", "Shared=TRUE"));
  EXPECT_THAT(Hints("Name = 'x' AND (EnabledState = 2 OR EnabledState = 3) AND Caption = 'c'"),
              ElementsAre("Name=x", "Caption=c"));
  EXPECT_THAT(Hints("NOT (Name = 'x' AND Caption = 'd') AND Caption = 'c'"), ElementsAre("Caption=c"));
  EXPECT_THAT(Hints("NOT NOT Name = 'x'"), IsEmpty());
}

TEST(PlannerTest, WhatIsNoEqualityIsNoHint) {
  EXPECT_THAT(Hints("Name = 'x' OR Name = 'y'"), IsEmpty());
  EXPECT_THAT(Hints("Name <> 'x' AND EnabledState > 2"), IsEmpty());
  EXPECT_THAT(Hints("Name = Caption"), IsEmpty());
  EXPECT_THAT(Hints("Name IS NULL"), IsEmpty());
  // No uint16: it selects nothing, but a provider cannot be asked for it.
  EXPECT_THAT(Hints("EnabledState = 70000"), IsEmpty());
  EXPECT_THAT(Hints("Ratio = 2.5"), IsEmpty());
}

TEST(PlannerTest, LikeWithALiteralBeginningIsAPrefix) {
  EXPECT_THAT(Hints("Name LIKE 'Microsoft:A%'"), ElementsAre("Name^Microsoft:A"));
  EXPECT_THAT(Hints("Name LIKE 'abc'"), ElementsAre("Name=abc"));
  EXPECT_THAT(Hints("Name LIKE '%abc'"), IsEmpty());
}

TEST(PlannerTest, AReferenceIsAHintOnlyAsAWholePath) {
  const auto plan = Plan("SELECT * FROM Test_System WHERE Owner = 'Test_Machine.Name=\"x\"'");
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->hints.size(), 1U);
  EXPECT_EQ(plan->hints[0].value.reference(), cim::ObjectPath::Parse("root/test:Test_Machine.Name=\"x\"").value());
  EXPECT_THAT(Hints("Owner = 'Test_Machine=\"x\"'"), IsEmpty());
}

TEST(PlannerTest, APathGivesClassAndKeys) {
  const auto plan = Plan("SELECT * FROM Test_System WHERE __PATH = '//H/root/test:Test_Machine.Name=\"x\"'");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_TRUE(CanSelect(plan->filter, *TestClass("Test_Machine")));
  EXPECT_FALSE(CanSelect(plan->filter, *TestClass("Test_Host")));
  EXPECT_THAT(Hints("__PATH = 'Test_Machine.Name=\"x\"'"), ElementsAre("Name=x"));
  EXPECT_THAT(Hints("__RELPATH = 'Test_Machine=\"x\"'"), ElementsAre("Name=x"));
}

TEST(PlannerTest, AsksForColumnsKeysAndWhatTheFilterReads) {
  const auto plan = Plan("SELECT ElementName, elementname, __PATH FROM Test_System WHERE Shared = TRUE");
  ASSERT_TRUE(plan.ok()) << plan.status();
  const cim::Class& cls = *plan->from;
  EXPECT_FALSE(plan->all_columns);
  EXPECT_THAT(plan->columns,
              ElementsAre(cls.FindProperty("ElementName"), cim::SystemColumn(cim::SystemProperty::kPath)));
  EXPECT_TRUE(plan->requested.Contains(cls.FindProperty("ElementName")));
  EXPECT_TRUE(plan->requested.Contains(cls.FindProperty("Name")));
  EXPECT_TRUE(plan->requested.Contains(cls.FindProperty("Shared")));
  EXPECT_FALSE(plan->requested.Contains(cls.FindProperty("OnTime")));
  EXPECT_TRUE(Plan("SELECT * FROM Test_System")->requested.is_all());
}

TEST(PlannerTest, UnknownColumnIsNamedWithItsPlace) {
  const auto plan = Plan("SELECT Name, Nmae FROM Test_System");
  EXPECT_EQ(cim::CimStatusOf(plan.status()), cim::CimStatus::kInvalidQuery);
  EXPECT_THAT(std::string(plan.status().message()), HasSubstr("Test_System has no property 'Nmae', at column 14"));
  EXPECT_FALSE(Plan("SELECT Owner.Name FROM Test_System").ok());
}

TEST(PlannerTest, SaysLookupsInWords) {
  const auto plan = Plan("SELECT * FROM Test_System WHERE Name = 'x' AND ElementName LIKE 'w%' AND EnabledState > 2");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(LookupText(*plan->from, plan->hints), "look up Name = x and ElementName beginning with w");
}

// Each alternative as "Name=x ElementName^w".
std::vector<std::string> AlternativesFor(const std::string& condition) {
  const auto plan = Plan("SELECT * FROM Test_System WHERE " + condition);
  EXPECT_TRUE(plan.ok()) << plan.status();
  std::vector<std::string> texts;
  if (!plan.ok()) return texts;
  for (const std::vector<Hint>& alternative : plan->alternatives) {
    texts.push_back(absl::StrJoin(alternative, " ", [&](std::string* out, const Hint& hint) {
      absl::StrAppend(out, plan->from->properties()[static_cast<size_t>(hint.slot)].name, hint.is_prefix ? "^" : "=",
                      hint.value.ToText());
    }));
  }
  return texts;
}

TEST(PlannerTest, OrGivesAlternatives) {
  EXPECT_THAT(AlternativesFor("Name = 'a' OR Name = 'b' OR ElementName LIKE 'w%'"),
              ElementsAre("Name=a", "Name=b", "ElementName^w"));
  EXPECT_THAT(AlternativesFor("(Name = 'a' AND ElementName = 'x') OR (EnabledState > 2 AND Name = 'b')"),
              ElementsAre("Name=a ElementName=x", "Name=b"));
  EXPECT_THAT(AlternativesFor("(Name = 'a' OR Name = 'b') AND Caption > 'x'"), ElementsAre("Name=a", "Name=b"));
  EXPECT_THAT(AlternativesFor("Name = 'a' OR EnabledState > 2"), IsEmpty());
  EXPECT_THAT(AlternativesFor("NOT (Name = 'a' OR Name = 'b')"), IsEmpty());
  EXPECT_THAT(AlternativesFor("__PATH = 'Test_Machine.Name=\"a\"' OR Name = 'b'"), ElementsAre("Name=a", "Name=b"));
  EXPECT_THAT(AlternativesFor("EnabledState = 2 AND (Name = 'b' OR Name = 'c')"),
              ElementsAre("EnabledState=2 Name=b", "EnabledState=2 Name=c"));
}

TEST(PlannerTest, ClassesThatNoRowCanBeOfAreLeftOut) {
  const auto selects = [](const std::string& condition) {
    const auto plan = Plan("SELECT * FROM Test_System WHERE " + condition);
    EXPECT_TRUE(plan.ok()) << plan.status();
    std::vector<std::string> names;
    for (const char* name : {"Test_System", "Test_Machine", "Test_Host"}) {
      if (plan.ok() && CanSelect(plan->filter, *TestClass(name))) names.emplace_back(name);
    }
    return names;
  };
  EXPECT_THAT(selects("__CLASS = 'test_host'"), ElementsAre("Test_Host"));
  EXPECT_THAT(selects("__CLASS = 'Test_Host' OR __this ISA 'Test_Machine'"), ElementsAre("Test_Machine", "Test_Host"));
  EXPECT_THAT(selects("NOT __CLASS = 'Test_Host' AND Name > 'a'"), ElementsAre("Test_System", "Test_Machine"));
  EXPECT_THAT(selects("__SUPERCLASS = 'Test_System' AND __CLASS LIKE '%Mach%'"), ElementsAre("Test_Machine"));
  EXPECT_THAT(selects("__DERIVATION = 'Test_System'"), ElementsAre("Test_Machine", "Test_Host"));
  EXPECT_THAT(selects("__RELPATH = 'Test_Host=\"x\"' OR __CLASS = 'Test_Machine'"),
              ElementsAre("Test_Machine", "Test_Host"));
  EXPECT_THAT(selects("__SERVER = 'elsewhere'"), IsEmpty());
  EXPECT_THAT(selects("Name = 'x' OR __CLASS = 'Nothing'"), ElementsAre("Test_System", "Test_Machine", "Test_Host"));
}

TEST(PlannerTest, PropertyListsByName) {
  const auto cls = TestClass("Test_System");
  EXPECT_THAT(ResolvePropertyList(*cls, {"name", "__CLASS", "NAME"}).value(),
              ElementsAre(cls->FindProperty("Name"), cim::SystemColumn(cim::SystemProperty::kClass)));
  EXPECT_EQ(cim::CimStatusOf(ResolvePropertyList(*cls, {"Nmae"}).status()), cim::CimStatus::kNoSuchProperty);
}

}  // namespace
}  // namespace cimvisor::wql
