#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/broker/testing/test_world.h"
#include "service/cim/errors.h"
#include "service/cim/system_properties.h"

namespace cimvisor::broker {
namespace {

using cim::CimStatus;
using cim::CimStatusOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RowCollector;
using testing::TestWorld;
using ::testing::UnorderedElementsAre;

class QueryTest : public ::testing::Test {
 protected:
  absl::StatusOr<QuerySummary> Run(const QueryRequest& request, RowCollector& rows,
                                   const security::Caller& caller = TestWorld::Administrator()) {
    return world_.broker->Query(world_.Call(caller), request, rows);
  }
  absl::Status Error(const std::string& wql) {
    RowCollector rows;
    const auto summary = Run({wql, std::nullopt, false}, rows);
    EXPECT_TRUE(rows.rows.empty());
    EXPECT_EQ(rows.revision, -1) << "the reader was told of a start";
    return summary.status();
  }

  TestWorld world_;
};

TEST_F(QueryTest, SelectsFromAClassAndItsSubclasses) {
  EXPECT_THAT(world_.Names("SELECT * FROM T_System"), UnorderedElementsAre("T_Machine.A", "T_Machine.B", "T_Host.H"));
  EXPECT_THAT(world_.Names("select * from t_machine where state = '2'"), ElementsAre("T_Machine.A"));
  EXPECT_THAT(world_.Names("SELECT * FROM T_System WHERE State >= 0"),
              UnorderedElementsAre("T_Machine.A", "T_Machine.B"));
  EXPECT_THAT(world_.Names("SELECT * FROM T_System WHERE __CLASS = 'T_Host'"), ElementsAre("T_Host.H"));
  EXPECT_THAT(world_.Names("SELECT * FROM T_Bare"), IsEmpty());
}

TEST_F(QueryTest, ProvidersGetHintsAndOnlyWhatIsNeeded) {
  EXPECT_THAT(world_.Names("SELECT ElementName FROM T_System WHERE Name = 'B' AND ElementName LIKE 'd%'"),
              ElementsAre("T_Machine.B"));
  const EnumerateRequest& asked = world_.machines->last_request;
  EXPECT_EQ(asked.cls->name(), "T_Machine");
  ASSERT_EQ(asked.hints.size(), 2U);
  EXPECT_EQ(asked.hints[0].slot, asked.cls->FindProperty("Name"));
  EXPECT_EQ(asked.hints[0].value.string(), "B");
  EXPECT_TRUE(asked.hints[1].is_prefix);
  EXPECT_TRUE(asked.properties.Contains(asked.cls->FindProperty("Name")));
  EXPECT_FALSE(asked.properties.Contains(asked.cls->FindProperty("Notes")));
}

TEST_F(QueryTest, APathOrClassConditionAsksOneProvider) {
  EXPECT_THAT(world_.Names("SELECT * FROM T_System WHERE "
                           "__PATH='//h/root/test:T_Machine.CreationClassName=\"T_Machine\",Name=\"A\"'"),
              ElementsAre("T_Machine.A"));
  EXPECT_EQ(world_.hosts->enumerations, 0);
  EXPECT_EQ(world_.machines->last_request.hints.size(), 2U);
}

TEST_F(QueryTest, RowsCarryTheProjectionOfTheirClass) {
  RowCollector rows;
  ASSERT_TRUE(Run({std::string("SELECT Name, ElementName, __PATH FROM T_Machine"), std::nullopt, false}, rows).ok());
  const auto cls = world_.Class("T_Machine");
  ASSERT_EQ(rows.slots.size(), 2U);
  EXPECT_THAT(rows.slots[0], ElementsAre(cls->FindProperty("Name"), cls->FindProperty("ElementName"),
                                         cim::SystemColumn(cim::SystemProperty::kPath)));
  RowCollector whole;
  ASSERT_TRUE(Run({std::string("SELECT * FROM T_System"), std::nullopt, false}, whole).ok());
  for (size_t i = 0; i < whole.rows.size(); ++i)
    EXPECT_EQ(whole.slots[i].size(), whole.rows[i]->cls().properties().size());
}

TEST_F(QueryTest, TheSchemaIsQueriedToo) {
  const auto classes = [&](const std::string& where) {
    RowCollector rows;
    const auto summary = Run({"SELECT * FROM meta_class WHERE " + where, std::nullopt, false}, rows);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return rows.definitions;
  };
  EXPECT_THAT(classes("__this ISA 'T_System'"), UnorderedElementsAre("T_System", "T_Machine", "T_Host"));
  EXPECT_THAT(classes("__CLASS = 't_host'"), ElementsAre("T_Host"));
  EXPECT_THAT(
      classes("__CLASS LIKE '[_][_]Instance%Event' AND __SUPERCLASS = '__InstanceOperationEvent'"),
      UnorderedElementsAre("__InstanceCreationEvent", "__InstanceDeletionEvent", "__InstanceModificationEvent"));
  EXPECT_THAT(classes("__DYNASTY = 'T_Element' AND __DERIVATION = 'T_Settings'"), ElementsAre("T_Memory"));
  EXPECT_THAT(classes("__SUPERCLASS IS NULL AND __CLASS LIKE 'T_E%'"), ElementsAre("T_Element"));
  EXPECT_THAT(classes("__GENUS = 2"), IsEmpty());
  EXPECT_THAT(classes("__PATH = 'root/test:T_Host'"), ElementsAre("T_Host"));
  RowCollector rows;
  ASSERT_TRUE(
      Run({std::string("SELECT __CLASS FROM meta_class WHERE __NAMESPACE = 'root\\test'"), std::nullopt, false}, rows)
          .ok());
  EXPECT_EQ(rows.definitions.size(), world_.classes.Classes("root/test").size());
  EXPECT_THAT(rows.slots[0], ElementsAre(cim::SystemColumn(cim::SystemProperty::kClass)));
  EXPECT_THAT(std::string(Error("SELECT * FROM meta_class WHERE Name = 'x'").message()), HasSubstr("not 'Name', at"));
  EXPECT_THAT(std::string(Error("SELECT Name FROM meta_class").message()),
              HasSubstr("'Name': a query over meta_class"));
  EXPECT_THAT(std::string(Error("SELECT * FROM meta_class WHERE __this ISA 'T_No'").message()), HasSubstr("no class"));
}

TEST_F(QueryTest, EnumeratesWithAndWithoutSubclasses) {
  RowCollector rows;
  auto summary = Run({EnumerateQuery{"T_System", false}, std::vector<std::string>{"name"}, false}, rows);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(rows.rows.size(), 3U);
  EXPECT_EQ(rows.revision, 7);
  EXPECT_EQ(summary->revision, 7);
  EXPECT_EQ(summary->rows_examined, 3U);
  EXPECT_EQ(summary->rows_returned, 3U);
  RowCollector exact;
  ASSERT_TRUE(Run({EnumerateQuery{"T_System", true}, std::nullopt, false}, exact).ok());
  EXPECT_THAT(exact.rows, IsEmpty());
  EXPECT_EQ(CimStatusOf(Run({EnumerateQuery{"T_System", false}, std::vector<std::string>{"x"}, false}, exact).status()),
            CimStatus::kNoSuchProperty);
  EXPECT_EQ(CimStatusOf(Run({EnumerateQuery{"Nonsense", false}, std::nullopt, false}, exact).status()),
            CimStatus::kInvalidClass);
}

TEST_F(QueryTest, ExplainsWithoutRows) {
  RowCollector rows;
  const auto summary = Run({std::string("SELECT * FROM T_System WHERE Name = 'A'"), std::nullopt, true}, rows);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_THAT(rows.rows, IsEmpty());
  EXPECT_THAT(summary->steps, UnorderedElementsAre("T_Machine: read all instances", "T_Host: read all instances",
                                                   "keep rows where Name = 'A'"));
  EXPECT_EQ(summary->rows_examined, 3U);
  EXPECT_EQ(summary->rows_returned, 1U);
  world_.machines->indexed_slots = {world_.Class("T_Machine")->FindProperty("Name")};
  const auto indexed = Run({std::string("SELECT * FROM T_System WHERE Name = 'A'"), std::nullopt, true}, rows);
  ASSERT_TRUE(indexed.ok()) << indexed.status();
  EXPECT_THAT(indexed->steps, Contains("T_Machine: look up Name = A"));
}

TEST_F(QueryTest, OrOfLookupsAsksForEachAndGivesARowOnce) {
  const std::string wql = "SELECT Notes FROM T_Machine WHERE Name = 'A' OR Name = 'B' OR Name LIKE 'a%'";
  EXPECT_THAT(world_.Names(wql), UnorderedElementsAre("T_Machine.A", "T_Machine.B"));
  EXPECT_EQ(world_.machines->enumerations, 1);  // without an index, once and for all
  world_.machines->indexed_slots = {world_.Class("T_Machine")->FindProperty("Name")};
  EXPECT_THAT(world_.Names(wql), UnorderedElementsAre("T_Machine.A", "T_Machine.B"));
  EXPECT_EQ(world_.machines->enumerations, 4);
  EXPECT_THAT(world_.Names("SELECT * FROM T_Machine WHERE State = 2 AND (Name = 'A' OR Name = 'B')"),
              ElementsAre("T_Machine.A"));
  EXPECT_EQ(world_.machines->enumerations, 6);
}

TEST_F(QueryTest, ClassesThatCannotMatchAreNotAsked) {
  EXPECT_THAT(world_.Names("SELECT * FROM T_System WHERE __this ISA 'T_Host' AND Name > 'A'"), ElementsAre("T_Host.H"));
  EXPECT_EQ(world_.machines->enumerations, 0);
}

TEST_F(QueryTest, AReaderWhoHasEnoughEndsTheQuery) {
  RowCollector rows;
  rows.limit = 1;
  const auto summary = Run({std::string("SELECT * FROM T_System"), std::nullopt, false}, rows);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(rows.rows.size(), 1U);
  EXPECT_EQ(summary->rows_returned, 1U);
}

TEST_F(QueryTest, CancellationEndsALongEnumeration) {
  for (int i = 0; i < 1000; ++i) world_.settings->instances.push_back(world_.settings->instances.front());
  int asked = 0;
  CallContext call = world_.Call();
  call.cancelled = [&asked] { return ++asked > 3; };
  RowCollector rows;
  const auto summary = world_.broker->Query(call, {std::string("SELECT * FROM T_Settings"), std::nullopt, false}, rows);
  EXPECT_EQ(summary.status().code(), absl::StatusCode::kCancelled);
  EXPECT_LT(rows.rows.size(), 200U);
}

TEST_F(QueryTest, RightsLeaveOutClassesOrDenyTheCall) {
  RowCollector rows;
  ASSERT_TRUE(Run({std::string("SELECT * FROM T_Element"), std::nullopt, false}, rows, TestWorld::Reader()).ok());
  for (const auto& row : rows.rows) EXPECT_NE(row->cls().name(), "T_Secret");
  EXPECT_EQ(rows.rows.size(), 6U);
  RowCollector all;
  ASSERT_TRUE(Run({std::string("SELECT * FROM T_Element"), std::nullopt, false}, all).ok());
  EXPECT_EQ(all.rows.size(), 7U);
  RowCollector denied;
  EXPECT_EQ(
      CimStatusOf(
          Run({std::string("SELECT * FROM T_Secret"), std::nullopt, false}, denied, TestWorld::Reader()).status()),
      CimStatus::kAccessDenied);
  EXPECT_THAT(world_.Denials(), ElementsAre("reader Query"));
}

TEST_F(QueryTest, Errors) {
  EXPECT_EQ(CimStatusOf(Error("SELECT * FORM T_System")), CimStatus::kInvalidQuery);
  EXPECT_EQ(CimStatusOf(Error("SELECT * FROM T_System WHERE Nmae = 1")), CimStatus::kInvalidQuery);
  EXPECT_EQ(CimStatusOf(Error("SELECT * FROM Nonsense")), CimStatus::kInvalidClass);
  EXPECT_THAT(std::string(Error("SELECT * FROM __InstanceCreationEvent").message()), HasSubstr("Subscribe"));
  RowCollector rows;
  EXPECT_EQ(
      CimStatusOf(Run({std::string("SELECT * FROM T_System"), std::vector<std::string>{"Name"}, false}, rows).status()),
      CimStatus::kInvalidParameter);
}

TEST_F(QueryTest, AnInstanceOfAnotherClassIsTheProvidersFault) {
  world_.hosts->instances = {world_.Instance("T_Settings", "InstanceID=x")};
  RowCollector rows;
  const auto summary = Run({std::string("SELECT * FROM T_Host"), std::nullopt, false}, rows);
  EXPECT_EQ(summary.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(rows.rows, IsEmpty());
}

}  // namespace
}  // namespace cimvisor::broker
