#include "service/wql/event_query.h"

#include <string>

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

absl::StatusOr<EventQuery> Compile(const std::string& text) {
  const absl::StatusOr<Query> query = ParseQuery(text);
  if (!query.ok()) return query.status();
  const SelectQuery& select = std::get<SelectQuery>(query->statement);
  return EventQuery::Compile(select, query->text, TestClass(select.class_name),
                             CompileContext{&TestClasses(), "HOST1"});
}

EventQuery Compiled(const std::string& text) {
  absl::StatusOr<EventQuery> query = Compile(text);
  EXPECT_TRUE(query.ok()) << query.status();
  return query.ok() ? *std::move(query) : EventQuery();
}

std::string Error(const std::string& text) {
  const absl::StatusOr<EventQuery> query = Compile(text);
  EXPECT_FALSE(query.ok()) << text;
  EXPECT_EQ(cim::CimStatusOf(query.status()), cim::CimStatus::kInvalidQuery);
  return std::string(query.status().message());
}

const char* const kModification = "__InstanceModificationEvent";

TEST(EventQueryTest, OsWinsQuery) {
  const EventQuery query = Compiled(
      "SELECT EnabledState, TargetInstance FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA "
      "'Test_Machine' AND TargetInstance.EnabledState != PreviousInstance.EnabledState AND "
      "(TargetInstance.EnabledState = '2' OR TargetInstance.EnabledState = '3')");
  const auto event = TestInstance(kModification, "");
  const auto on = TestInstance("Test_Machine", "Name=a;EnabledState=2");
  const auto off = TestInstance("Test_Machine", "Name=a;EnabledState=3");
  const auto paused = TestInstance("Test_Machine", "Name=a;EnabledState=9");
  EXPECT_TRUE(query.Matches(*event, on.get(), off.get()));
  EXPECT_TRUE(query.Matches(*event, off.get(), on.get()));
  EXPECT_FALSE(query.Matches(*event, paused.get(), on.get()));
  EXPECT_FALSE(query.Matches(*event, on.get(), on.get()));
  EXPECT_FALSE(query.Matches(*event, on.get(), nullptr));
  EXPECT_FALSE(query.Matches(*TestInstance("__InstanceCreationEvent", ""), on.get(), nullptr));
  const auto host = TestInstance("Test_Host", "Name=a;EnabledState=2");
  EXPECT_FALSE(query.Matches(*event, host.get(), off.get()));
  EXPECT_FALSE(query.SelectsClass(*TestClass("Test_Host")));
  EXPECT_EQ(query.target_class()->name(), "Test_Machine");
  EXPECT_EQ(query.within_seconds(), 1);
  EXPECT_THAT(query.columns(), ElementsAre("TargetInstance", "TargetInstance"));
}

TEST(EventQueryTest, OperationEventSelectsAllThree) {
  const EventQuery query = Compiled("SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA 'Test_System'");
  const auto machine = TestInstance("Test_Machine", "Name=a");
  for (const char* event : {"__InstanceCreationEvent", "__InstanceModificationEvent", "__InstanceDeletionEvent"})
    EXPECT_TRUE(query.Matches(*TestInstance(event, ""), machine.get(), nullptr)) << event;
  const EventQuery creations =
      Compiled("SELECT * FROM __InstanceOperationEvent WHERE __CLASS = '__InstanceCreationEvent'");
  EXPECT_TRUE(creations.Matches(*TestInstance("__InstanceCreationEvent", ""), machine.get(), nullptr));
  EXPECT_FALSE(creations.Matches(*TestInstance("__InstanceDeletionEvent", ""), machine.get(), nullptr));
}

TEST(EventQueryTest, APropertyOfASubclassIsNullInItsSiblings) {
  const EventQuery query = Compiled("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance.Notes = 'n'");
  const auto event = TestInstance("__InstanceCreationEvent", "");
  EXPECT_TRUE(query.Matches(*event, &*TestInstance("Test_Machine", "Name=a;Notes=n"), nullptr));
  EXPECT_FALSE(query.Matches(*event, &*TestInstance("Test_Host", "Name=a"), nullptr));
  const EventQuery without = Compiled("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance.Notes IS NULL");
  EXPECT_TRUE(without.Matches(*event, &*TestInstance("Test_Host", "Name=a"), nullptr));
}

TEST(EventQueryTest, IsAOfSubclassesAndNegation) {
  const EventQuery query = Compiled(
      "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Test_Element' AND NOT TargetInstance ISA "
      "'Test_Host'");
  const auto event = TestInstance("__InstanceCreationEvent", "");
  EXPECT_TRUE(query.Matches(*event, &*TestInstance("Test_Machine", "Name=a"), nullptr));
  EXPECT_FALSE(query.Matches(*event, &*TestInstance("Test_Host", "Name=a"), nullptr));
}

TEST(EventQueryTest, PreviousInstanceOfAnotherClassIsNotRead) {
  const EventQuery query = Compiled("SELECT * FROM __InstanceModificationEvent WHERE PreviousInstance.Name = 'a'");
  const auto event = TestInstance(kModification, "");
  const auto machine = TestInstance("Test_Machine", "Name=a");
  EXPECT_TRUE(query.Matches(*event, machine.get(), machine.get()));
  EXPECT_FALSE(query.Matches(*event, machine.get(), event.get()));
}

TEST(EventQueryTest, ConditionsOnKeysAreHints) {
  const EventQuery query = Compiled(
      "SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'Test_Machine' AND TargetInstance.Name = 'a' "
      "AND TargetInstance.EnabledState = 2 AND PreviousInstance.Name = 'b'");
  const std::vector<Hint> hints = query.KeyHints(*TestClass("Test_Machine"));
  ASSERT_EQ(hints.size(), 1U);
  EXPECT_EQ(hints[0].slot, TestClass("Test_Machine")->FindProperty("Name"));
  EXPECT_EQ(hints[0].value.string(), "a");
  EXPECT_THAT(query.KeyHints(*TestClass("Test_Host")), IsEmpty());
}

TEST(EventQueryTest, VolatilePropertiesAreNamed) {
  EXPECT_THAT(Compiled("SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'Test_Machine' AND "
                       "TargetInstance.Load > 50 AND TargetInstance.Load <> PreviousInstance.Load")
                  .volatile_properties(),
              ElementsAre("Load"));
  EXPECT_THAT(Compiled("SELECT * FROM __InstanceModificationEvent").volatile_properties(), IsEmpty());
}

TEST(EventQueryTest, OperationEventsComparePreviousInstanceWhereThereIsOne) {
  const EventQuery query = Compiled(
      "SELECT PreviousInstance FROM __InstanceOperationEvent WHERE TargetInstance.EnabledState <> "
      "PreviousInstance.EnabledState");
  const auto on = TestInstance("Test_Machine", "Name=a;EnabledState=2");
  const auto off = TestInstance("Test_Machine", "Name=a;EnabledState=3");
  EXPECT_TRUE(query.Matches(*TestInstance(kModification, ""), on.get(), off.get()));
  EXPECT_FALSE(query.Matches(*TestInstance(kModification, ""), on.get(), on.get()));
  EXPECT_FALSE(query.Matches(*TestInstance("__InstanceCreationEvent", ""), on.get(), nullptr)) << "unknown";
  EXPECT_THAT(query.columns(), ElementsAre("PreviousInstance"));
  const EventQuery negated = Compiled(
      "SELECT * FROM __InstanceOperationEvent WHERE NOT TargetInstance.EnabledState = PreviousInstance.EnabledState");
  EXPECT_FALSE(negated.Matches(*TestInstance("__InstanceCreationEvent", ""), on.get(), nullptr)) << "still unknown";
  const EventQuery first = Compiled("SELECT * FROM __InstanceOperationEvent WHERE PreviousInstance IS NULL");
  EXPECT_TRUE(first.Matches(*TestInstance("__InstanceCreationEvent", ""), on.get(), nullptr));
  EXPECT_FALSE(first.Matches(*TestInstance(kModification, ""), on.get(), off.get()));
}

TEST(EventQueryTest, ExtrinsicEventsAreSelectedByTheirOwnProperties) {
  const auto alert = TestInstance("Test_Alert", "Severity=6;Text=crash");
  EXPECT_TRUE(Compiled("SELECT * FROM Test_Alert").Matches(*alert, nullptr, nullptr));
  EXPECT_TRUE(
      Compiled("SELECT * FROM Test_Alert WHERE Text LIKE 'cr%' AND Severity > 5").Matches(*alert, nullptr, nullptr));
  EXPECT_TRUE(
      Compiled("SELECT Severity FROM Test_Indication WITHIN 1 WHERE Severity = '6'").Matches(*alert, nullptr, nullptr))
      << "an event of a subclass";
  EXPECT_TRUE(
      Compiled("SELECT * FROM __ExtrinsicEvent WHERE __CLASS = 'Test_Alert'").Matches(*alert, nullptr, nullptr));
  EXPECT_FALSE(Compiled("SELECT * FROM Test_Alert WHERE Severity < 6").Matches(*alert, nullptr, nullptr));
  EXPECT_FALSE(
      Compiled("SELECT * FROM Test_Alert").Matches(*TestInstance("Test_Indication", "Severity=6"), nullptr, nullptr))
      << "a superclass";
  EXPECT_FALSE(Compiled("SELECT * FROM __InstanceOperationEvent").Matches(*alert, nullptr, nullptr));
  const EventQuery everything = Compiled("SELECT * FROM __Event WHERE NOT __this ISA 'Test_Indication'");
  const auto machine = TestInstance("Test_Machine", "Name=a");
  EXPECT_FALSE(everything.Matches(*alert, nullptr, nullptr));
  EXPECT_TRUE(everything.Matches(*TestInstance("__InstanceCreationEvent", ""), machine.get(), nullptr));
  EXPECT_THAT(Error("SELECT * FROM Test_Alert WHERE TargetInstance.Name = 'a'"), HasSubstr("looks into an embedded"));
  EXPECT_THAT(Error("SELECT Nmae FROM Test_Alert"), HasSubstr("Test_Alert has no property 'Nmae'"));
}

TEST(EventQueryTest, GroupsCountByTheirKey) {
  const EventQuery query = Compiled(
      "SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'Test_Machine' GROUP WITHIN 2.5 BY "
      "TargetInstance.EnabledState, TargetInstance.ElementName HAVING NumberOfEvents >= 3");
  ASSERT_NE(query.group(), nullptr);
  const EventGroup& group = *query.group();
  EXPECT_EQ(group.within_seconds(), 2.5);
  const auto event = TestInstance(kModification, "");
  const auto key = [&](const char* properties) {
    const auto target = TestInstance("Test_Machine", properties);
    return group.KeyOf({event.get(), target.get(), nullptr});
  };
  EXPECT_EQ(key("Name=a;EnabledState=2;ElementName=Web"), key("Name=b;EnabledState=2;ElementName=web"));
  EXPECT_NE(key("EnabledState=2;ElementName=web"), key("EnabledState=3;ElementName=web"));
  EXPECT_NE(key("EnabledState=2"), key("EnabledState=2;ElementName=-"));
  EXPECT_NE(key("EnabledState=2"), key("ElementName=2"));
  EXPECT_TRUE(group.Selects(*TestInstance("__AggregateEvent", "NumberOfEvents=3")));
  EXPECT_FALSE(group.Selects(*TestInstance("__AggregateEvent", "NumberOfEvents=2")));
  EXPECT_EQ(Compiled("SELECT * FROM Test_Alert").group(), nullptr);
  EXPECT_NE(Compiled("SELECT * FROM Test_Alert GROUP WITHIN 5 BY Severity, __CLASS").group(), nullptr);
  EXPECT_THAT(Error("SELECT * FROM Test_Alert GROUP WITHIN 5 BY TargetInstance.Name"),
              HasSubstr("no property 'TargetInstance.Name' to group by"));
  EXPECT_THAT(Error("SELECT * FROM __InstanceCreationEvent GROUP WITHIN 5 BY TargetInstance.Nmae"),
              HasSubstr("to group by"));
  EXPECT_THAT(Error("SELECT * FROM __InstanceCreationEvent GROUP WITHIN 5 BY TargetInstance"),
              HasSubstr("group by one of its properties"));
  EXPECT_THAT(Error("SELECT * FROM __InstanceCreationEvent GROUP WITHIN 5 HAVING Nmae > 3"),
              HasSubstr("__AggregateEvent has no property 'Nmae'"));
}

TEST(EventQueryTest, Errors) {
  EXPECT_THAT(Error("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Nonsense'"),
              HasSubstr("there is no class 'Nonsense' in root/test, at column"));
  EXPECT_THAT(Error("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Test_Host' AND "
                    "TargetInstance.Notes = 'x'"),
              HasSubstr("Test_Host has no property 'Notes'"));
  EXPECT_THAT(Error("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance.Nmae = 'x'"),
              HasSubstr("no class that the query selects"));
  EXPECT_THAT(Error("SELECT * FROM __InstanceCreationEvent WHERE PreviousInstance.Name = 'x'"),
              HasSubstr("__InstanceCreationEvent has no property 'PreviousInstance'"));
  EXPECT_THAT(Error("SELECT Nmae FROM __InstanceCreationEvent"), HasSubstr("has no property 'Nmae'"));
  EXPECT_THAT(Error("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance = 'x'"), HasSubstr("is an object"));
  EXPECT_THAT(Error("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance.A.B = 'x'"),
              HasSubstr("looks into an embedded object"));
}

}  // namespace
}  // namespace cimvisor::wql
