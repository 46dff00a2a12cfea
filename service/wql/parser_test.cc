#include "service/wql/parser.h"

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/cim/errors.h"
#include "service/wql/limits.h"

namespace cimvisor::wql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SelectQuery Select(const std::string& text) {
  absl::StatusOr<Query> query = ParseQuery(text);
  EXPECT_TRUE(query.ok()) << text << "\n" << query.status();
  if (!query.ok() || !std::holds_alternative<SelectQuery>(query->statement)) return {};
  return std::get<SelectQuery>(query->statement);
}

std::string Where(const std::string& condition) {
  const SelectQuery select = Select("SELECT * FROM C WHERE " + condition);
  return select.where.has_value() ? select.where->Text() : "none";
}

std::string Error(const std::string& text) {
  const absl::StatusOr<Query> query = ParseQuery(text);
  EXPECT_FALSE(query.ok()) << text;
  return query.ok() ? "" : std::string(query.status().message());
}

TEST(ParserTest, SelectListAndClass) {
  EXPECT_TRUE(Select("SELECT * FROM Msvm_ComputerSystem").columns.empty());
  const SelectQuery select = Select("select Name, __PATH ,ElementName from Msvm_ComputerSystem");
  std::vector<std::string> columns;
  for (const PropertyName& column : select.columns) columns.push_back(column.Text());
  EXPECT_THAT(columns, ElementsAre("Name", "__PATH", "ElementName"));
  EXPECT_EQ(select.class_name, "Msvm_ComputerSystem");
  EXPECT_FALSE(select.where.has_value());
}

TEST(ParserTest, PrecedenceIsNotThenAndThenOr) {
  EXPECT_EQ(Where("a = 1 OR b = 2 AND NOT c = 3"), "(a = 1 OR (b = 2 AND NOT c = 3))");
  EXPECT_EQ(Where("(a = 1 OR b = 2) AND c = 3"), "((a = 1 OR b = 2) AND c = 3)");
  EXPECT_EQ(Where("NOT (a = 1 AND NOT b = 2)"), "NOT (a = 1 AND NOT b = 2)");
  EXPECT_EQ(Where("a=1 and b=2 AND c=3"), "(a = 1 AND b = 2 AND c = 3)");
}

TEST(ParserTest, EveryComparison) {
  EXPECT_EQ(Where("a != 1"), "a <> 1");
  EXPECT_EQ(Where("a <= 1 and b >= 2 and c < 3 and d > 4 and e <> 5"),
            "(a <= 1 AND b >= 2 AND c < 3 AND d > 4 AND e <> 5)");
  EXPECT_EQ(Where("a like 'x%'"), "a LIKE 'x%'");
  EXPECT_EQ(Where("TargetInstance isa \"X\""), "TargetInstance ISA 'X'");
  EXPECT_EQ(Where("a is null OR b IS NOT NULL"), "(a IS NULL OR b IS NOT NULL)");
  EXPECT_EQ(Where("a = NULL OR NULL <> b"), "(a IS NULL OR b IS NOT NULL)");
  EXPECT_EQ(Where("'x' = a"), "'x' = a");
  EXPECT_EQ(Where("Name <> __SERVER"), "Name <> __SERVER");
}

TEST(ParserTest, Literals) {
  EXPECT_EQ(Where("a = TRUE AND b = false"), "(a = TRUE AND b = FALSE)");
  EXPECT_EQ(Where("a = -5 AND b = 0x1F AND c = 18446744073709551615"),
            "(a = -5 AND b = 31 AND c = 18446744073709551615)");
  EXPECT_EQ(Where("a = -9223372036854775808"), "a = -9223372036854775808");
  const SelectQuery select = Select("SELECT * FROM C WHERE a = 1.5e3");
  EXPECT_EQ(std::get<Literal>(select.where->right).value.real(), 1500);
}

std::string StringLiteral(const std::string& literal) {
  const SelectQuery select = Select("SELECT * FROM C WHERE a = " + literal);
  return select.where.has_value() ? std::get<Literal>(select.where->right).value.string() : "none";
}

TEST(ParserTest, QuotesAndEscapes) {
  EXPECT_EQ(StringLiteral("'it''s'"), "it's");
  EXPECT_EQ(StringLiteral("'it\\'s'"), "it's");
  EXPECT_EQ(StringLiteral("\"say \"\"x\"\"\""), "say \"x\"");
  EXPECT_EQ(StringLiteral("\"it's\""), "it's");
  EXPECT_EQ(StringLiteral("'Microsoft:G\\\\Default'"), "Microsoft:G\\Default");
  EXPECT_EQ(StringLiteral("'Microsoft:G\\Default'"), "Microsoft:G\\Default");
  EXPECT_EQ(StringLiteral("''"), "");
  EXPECT_EQ(StringLiteral("''''"), "'");
}

TEST(ParserTest, EventQuery) {
  const SelectQuery select = Select(
      "SELECT EnabledState, TargetInstance FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA "
      "'Msvm_ComputerSystem' AND TargetInstance.EnabledState != PreviousInstance.EnabledState AND "
      "(TargetInstance.EnabledState = '2' OR TargetInstance.EnabledState = '3')");
  EXPECT_TRUE(select.IsEventQuery());
  EXPECT_EQ(select.within_seconds, 1);
  EXPECT_THAT(select.where->Text(), HasSubstr("TargetInstance.EnabledState <> PreviousInstance.EnabledState"));
  EXPECT_EQ(Select("SELECT * FROM __InstanceCreationEvent WITHIN 0.5").within_seconds, 0.5);
}

AssociationQuery Association(const std::string& text) {
  absl::StatusOr<Query> query = ParseQuery(text);
  EXPECT_TRUE(query.ok()) << query.status();
  if (!query.ok() || !std::holds_alternative<AssociationQuery>(query->statement)) return {};
  return std::get<AssociationQuery>(query->statement);
}

TEST(ParserTest, Associators) {
  const AssociationQuery query = Association(
      "associators of {Msvm_ComputerSystem.CreationClassName=\"x\",Name='{A}'} where AssocClass=A ResultClass = 'R' "
      "Role=Antecedent ResultRole=Dependent");
  EXPECT_EQ(query.kind, AssociationQuery::Kind::kAssociators);
  EXPECT_EQ(query.path, "Msvm_ComputerSystem.CreationClassName=\"x\",Name='{A}'");
  EXPECT_EQ(query.assoc_class, "A");
  EXPECT_EQ(query.result_class, "R");
  EXPECT_EQ(query.role, "Antecedent");
  EXPECT_EQ(query.result_role, "Dependent");
}

TEST(ParserTest, ReferencesAndRawBackslashes) {
  const AssociationQuery query = Association("REFERENCES OF {C.K=\"a\\b\\\\c\\\"}\"} WHERE ResultClass = R");
  EXPECT_EQ(query.kind, AssociationQuery::Kind::kReferences);
  EXPECT_EQ(query.path, "C.K=\"a\\b\\\\c\\\"}\"");
  EXPECT_EQ(query.result_class, "R");
}

// The whole message, as a person reads it.
TEST(ParserTest, ErrorShowsThePlace) {
  EXPECT_EQ(Error("SELECT * FORM C"),
            "the query is not valid: expected FROM, found 'FORM', at column 10\n"
            "  SELECT * FORM C\n"
            "           ^");
  EXPECT_EQ(Error("SELECT * FROM C WHERE \xC3\xA4 ="),
            "the query is not valid: expected a property's name, a string, a number, TRUE, FALSE or NULL, found the "
            "end of the query, at column 26\n"
            "  SELECT * FROM C WHERE \xC3\xA4 =\n"
            "                           ^");
}

struct Golden {
  const char* query;
  const char* message;
};

TEST(ParserTest, ErrorsSayWhatWasExpected) {
  const Golden kCases[] = {
      {"", "expected SELECT, ASSOCIATORS OF or REFERENCES OF, found the end of the query"},
      {"DELETE FROM C", "expected SELECT, ASSOCIATORS OF or REFERENCES OF, found 'DELETE'"},
      {"SELECT", "expected * or a property's name"},
      {"SELECT FROM C", "expected * or a property's name, found 'FROM'"},
      {"SELECT a b FROM C", "expected FROM, found 'b'"},
      {"SELECT a, FROM C", "expected * or a property's name, found 'FROM'"},
      {"SELECT * FROM", "expected a class's name"},
      {"SELECT * FROM 'C'", "expected a class's name, found a string"},
      {"SELECT * FROM C WHERE", "expected a property's name, a string"},
      {"SELECT * FROM C WHERE a", "expected a comparison (=, <>"},
      {"SELECT * FROM C WHERE a == 1", "found '='"},
      {"SELECT * FROM C WHERE a = 1 b = 2", "expected the end of the query, found 'b'"},
      {"SELECT * FROM C WHERE (a = 1", "expected AND, OR or ), found the end of the query"},
      {"SELECT * FROM C WHERE a = 1)", "expected the end of the query, found ')'"},
      {"SELECT * FROM C WHERE a LIKE b", "expected a pattern in quotes, found 'b'"},
      {"SELECT * FROM C WHERE a ISA 5", "expected a class's name in quotes, found '5'"},
      {"SELECT * FROM C WHERE a IS 5", "expected NULL or NOT NULL, found '5'"},
      {"SELECT * FROM C WHERE 1 = 1", "asks for a property on one of its sides"},
      {"SELECT * FROM C WHERE a < NULL", "NULL cannot be compared with <"},
      {"SELECT * FROM C WHERE 'x' LIKE 'y'", "LIKE asks for a property before it"},
      {"SELECT * FROM C WHERE a = 'x", "has no closing '"},
      {"SELECT * FROM C WHERE a = 'C:\\'", "has no closing '"},
      {"SELECT * FROM C WHERE a = 12x", "'12x' is no number, or too large"},
      {"SELECT * FROM C WHERE a = 18446744073709551616", "is no number, or too large"},
      {"SELECT * FROM C WHERE a = -9223372036854775809", "is too small"},
      {"SELECT * FROM C WHERE a = 1e999", "is no number, or too large"},
      {"SELECT * FROM C; SELECT", "unexpected character ';'"},
      {"SELECT * FROM C WHERE a. = 1", "expected a property's name after the dot"},
      {"SELECT * FROM __Event GROUP BY a", "expected WITHIN and the seconds"},
      {"SELECT * FROM __Event GROUP WITHIN", "expected a number of seconds"},
      {"SELECT * FROM __Event GROUP WITHIN 5 BY", "expected a property's name"},
      {"SELECT * FROM __Event GROUP WITHIN 5 HAVING", "expected a property's name, a string"},
      {"SELECT * FROM __Event HAVING a = 1", "expected the end of the query, found 'HAVING'"},
      {"SELECT * FROM __InstanceCreationEvent WITHIN -1", "at least 0"},
      {"SELECT * FROM __InstanceCreationEvent WITHIN x", "expected a number of seconds"},
      {"ASSOCIATORS {C}", "expected OF"},
      {"ASSOCIATORS OF C", "expected an object path in braces"},
      {"ASSOCIATORS OF {C.K='}", "the object path that begins here has no closing }"},
      {"ASSOCIATORS OF {}", "expected an object path between the braces"},
      {"ASSOCIATORS OF {C} WHERE x = y", "expected AssocClass, ResultClass, Role, ResultRole, RequiredQualifier"},
      {"ASSOCIATORS OF {C} WHERE Role = y AND ResultRole = z", "without AND"},
      {"ASSOCIATORS OF {C} WHERE Role = y Role = z", "stands twice"},
      {"REFERENCES OF {C} WHERE AssocClass = y", "expected ResultClass, Role, RequiredQualifier"},
  };
  for (const Golden& golden : kCases) {
    const absl::StatusOr<Query> query = ParseQuery(golden.query);
    ASSERT_FALSE(query.ok()) << golden.query;
    EXPECT_EQ(cim::CimStatusOf(query.status()), cim::CimStatus::kInvalidQuery) << golden.query;
    EXPECT_THAT(std::string(query.status().message()), HasSubstr(golden.message)) << golden.query;
  }
}

TEST(ParserTest, GroupsOfEvents) {
  const absl::StatusOr<Query> query = ParseQuery(
      "SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA 'C' GROUP WITHIN 300 BY "
      "TargetInstance.Name, TargetInstance.__CLASS HAVING NumberOfEvents > 10");
  ASSERT_TRUE(query.ok()) << query.status();
  const SelectQuery& select = std::get<SelectQuery>(query->statement);
  ASSERT_TRUE(select.group.has_value());
  EXPECT_EQ(select.group->within_seconds, 300);
  ASSERT_EQ(select.group->by.size(), 2U);
  EXPECT_EQ(select.group->by[1].Text(), "TargetInstance.__CLASS");
  EXPECT_EQ(select.group->having->Text(), "NumberOfEvents > 10");
  EXPECT_EQ(select.within_seconds, 1);
  EXPECT_TRUE(select.IsEventQuery());
  EXPECT_TRUE(
      std::get<SelectQuery>(ParseQuery("SELECT * FROM Msvm_StorageAlert GROUP WITHIN 2")->statement).IsEventQuery());
  EXPECT_FALSE(std::get<SelectQuery>(ParseQuery("SELECT * FROM Msvm_StorageAlert")->statement).IsEventQuery());
}

TEST(ParserTest, FlagsAndQualifiersOfAssociationQueries) {
  const auto parse = [](const std::string& text) {
    const absl::StatusOr<Query> parsed = ParseQuery(text);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    return std::get<AssociationQuery>(parsed->statement);
  };
  const AssociationQuery associators =
      parse("associators of {C} where requiredqualifier=Dynamic RequiredAssocQualifier = 'Aggregation' ClassDefsOnly");
  EXPECT_EQ(associators.required_qualifier, "Dynamic");
  EXPECT_EQ(associators.required_assoc_qualifier, "Aggregation");
  EXPECT_TRUE(associators.class_defs_only);
  EXPECT_TRUE(parse("ASSOCIATORS OF {C} WHERE SchemaOnly Role=A").schema_only);
  EXPECT_TRUE(parse("REFERENCES OF {C} WHERE KEYSONLY RequiredQualifier=A").keys_only);
  EXPECT_THAT(Error("REFERENCES OF {C} WHERE RequiredAssocQualifier=A"), HasSubstr("expected ResultClass, Role"));
  EXPECT_THAT(Error("REFERENCES OF {C} WHERE KeysOnly SchemaOnly"), HasSubstr("only one can stand in a query"));
  EXPECT_THAT(Error("REFERENCES OF {C} WHERE KeysOnly KeysOnly"), HasSubstr("stands twice"));
}

TEST(ParserTest, WhatWmiHasAndThisHasNotIsNamed) {
  for (const char* query : {"SELECT COUNT(*) FROM C", "SELECT * FROM C ORDER BY a"}) {
    const absl::StatusOr<Query> parsed = ParseQuery(query);
    ASSERT_FALSE(parsed.ok()) << query;
    EXPECT_EQ(cim::CimStatusOf(parsed.status()), cim::CimStatus::kNotSupported) << parsed.status();
  }
}

TEST(ParserTest, AnErrorInALongQueryShowsOnlyItsSurroundings) {
  const std::string text = "SELECT * FROM C WHERE a = '" + std::string(5000, 'x') + "' AND\n\x01 b";
  const std::string error = Error(text);
  EXPECT_LT(error.size(), 400U);
  EXPECT_EQ(error.find('\x01'), std::string::npos);
}

}  // namespace
}  // namespace cimvisor::wql
