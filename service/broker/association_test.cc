#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/broker/testing/test_world.h"
#include "service/cim/errors.h"

namespace cimvisor::broker {
namespace {

using cim::CimStatus;
using cim::CimStatusOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::RowCollector;
using testing::TestWorld;
using ::testing::UnorderedElementsAre;

const char* const kA = "{T_Machine.CreationClassName='T_Machine',Name='A'}";
const char* const kB = "{T_Machine.CreationClassName='T_Machine',Name='B'}";

class AssociationTest : public ::testing::Test {
 protected:
  std::vector<std::string> Associators(const std::string& rest) { return world_.Names("ASSOCIATORS OF " + rest); }
  CimStatus Error(const std::string& wql) {
    RowCollector rows;
    const auto summary = world_.broker->Query(world_.Call(), {wql, std::nullopt, false}, rows);
    EXPECT_FALSE(summary.ok()) << wql;
    return CimStatusOf(summary.status());
  }

  TestWorld world_;
};

TEST_F(AssociationTest, WalksFromEitherEnd) {
  EXPECT_THAT(Associators("{T_Settings.InstanceID='SA'}"), ElementsAre("T_Machine.A"));
  EXPECT_THAT(Associators(std::string(kA) + " WHERE AssocClass = T_SettingsOfSystem"), ElementsAre("T_Settings.SA"));
}

TEST_F(AssociationTest, EachResultComesOnceAlsoThroughSeveralRoles) {
  // A stands at both ends of T_Peer with itself, and is B's peer.
  EXPECT_THAT(Associators(std::string(kA) + " WHERE AssocClass=T_Peer"),
              UnorderedElementsAre("T_Machine.A", "T_Machine.B"));
  EXPECT_THAT(world_.Names(std::string("REFERENCES OF ") + kA + " WHERE ResultClass=T_Peer"),
              ElementsAre("T_Peer", "T_Peer"));
}

TEST_F(AssociationTest, FiltersByClassAndRole) {
  EXPECT_THAT(Associators(std::string(kA) + " WHERE ResultClass=T_Settings"), ElementsAre("T_Settings.SA"));
  EXPECT_THAT(Associators(std::string(kA) + " WHERE ResultClass=T_System"),
              UnorderedElementsAre("T_Machine.A", "T_Machine.B"));
  EXPECT_THAT(Associators(std::string(kA) + " WHERE ResultClass=T_Secret"), IsEmpty());
  EXPECT_THAT(Associators(std::string(kB) + " WHERE Role=Second"), ElementsAre("T_Machine.A"));
  EXPECT_THAT(Associators(std::string(kB) + " WHERE Role=First"), IsEmpty());
  EXPECT_THAT(Associators(std::string(kB) + " WHERE ResultRole=first"), ElementsAre("T_Machine.A"));
  EXPECT_THAT(world_.Names(std::string("REFERENCES OF ") + kB + " WHERE Role=Second"), ElementsAre("T_Peer"));
}

TEST_F(AssociationTest, AnEndThatIsGoneIsNoResult) {
  EXPECT_THAT(Associators(std::string(kB) + " WHERE AssocClass=T_SettingsOfSystem"), ElementsAre("T_Settings.SB"));
}

TEST_F(AssociationTest, OnlyLookupsAndOnlyWhereTheObjectFits) {
  EXPECT_THAT(Associators("{T_Settings.InstanceID='SA'}"), ElementsAre("T_Machine.A"));
  EXPECT_EQ(world_.links->lookups, 1);
  EXPECT_EQ(world_.links->enumerations, 0);
  EXPECT_EQ(world_.peers->lookups, 0);  // T_Settings fits none of its ends
  // A result class that cannot stand at the other end is not even looked up.
  EXPECT_THAT(Associators(std::string(kA) + " WHERE ResultClass=T_Settings"), ElementsAre("T_Settings.SA"));
  EXPECT_EQ(world_.peers->lookups, 0);
}

TEST_F(AssociationTest, AProviderWithoutAnIndexIsEnumerated) {
  world_.links->indexed_by_end = false;
  EXPECT_THAT(Associators("{T_Settings.InstanceID='SA'}"), ElementsAre("T_Machine.A"));
  EXPECT_EQ(world_.links->enumerations, 1);
}

TEST_F(AssociationTest, ParsedFormWithPropertyList) {
  AssociationQuery query;
  query.path = "T_Settings.InstanceID='SA'";
  query.result_class = "T_Machine";
  RowCollector rows;
  const auto summary =
      world_.broker->Query(world_.Call(), {query, std::vector<std::string>{"ElementName"}, false}, rows);
  ASSERT_TRUE(summary.ok()) << summary.status();
  ASSERT_EQ(rows.rows.size(), 1U);
  EXPECT_THAT(rows.slots[0], ElementsAre(world_.Class("T_Machine")->FindProperty("ElementName")));
  RowCollector none;
  const auto explained = world_.broker->Query(world_.Call(), {query, std::nullopt, true}, none);
  ASSERT_TRUE(explained.ok()) << explained.status();
  EXPECT_THAT(explained->steps, Contains("look up T_SettingsOfSystem by Settings"));
  const auto unknown = world_.broker->Query(world_.Call(), {query, std::vector<std::string>{"Nmae"}, false}, rows);
  EXPECT_EQ(CimStatusOf(unknown.status()), CimStatus::kNoSuchProperty);
}

TEST_F(AssociationTest, ClassesInPlaceOfInstances) {
  const auto classes = [&](const std::string& wql) {
    RowCollector rows;
    const auto summary = world_.broker->Query(world_.Call(), {wql, std::nullopt, false}, rows);
    EXPECT_TRUE(summary.ok()) << summary.status();
    EXPECT_THAT(rows.rows, IsEmpty());
    return rows.definitions;
  };
  EXPECT_THAT(classes(std::string("ASSOCIATORS OF ") + kA + " WHERE ClassDefsOnly"),
              UnorderedElementsAre("T_Machine", "T_Settings"));
  EXPECT_THAT(classes(std::string("REFERENCES OF ") + kA + " WHERE ClassDefsOnly"),
              UnorderedElementsAre("T_Peer", "T_SettingsOfSystem"));
  EXPECT_THAT(classes("ASSOCIATORS OF {T_Machine} WHERE SchemaOnly"), UnorderedElementsAre("T_Machine", "T_Settings"));
  EXPECT_THAT(classes("ASSOCIATORS OF {root/test:T_Host} WHERE AssocClass=T_SettingsOfSystem SchemaOnly"),
              ElementsAre("T_Settings"));
  EXPECT_THAT(classes("REFERENCES OF {T_Host} WHERE SchemaOnly"), ElementsAre("T_SettingsOfSystem"));
  EXPECT_THAT(classes("REFERENCES OF {T_Memory} WHERE SchemaOnly Role=System"), IsEmpty());
}

TEST_F(AssociationTest, OnlyKeys) {
  RowCollector rows;
  const auto summary = world_.broker->Query(
      world_.Call(),
      {std::string("ASSOCIATORS OF ") + kA + " WHERE ResultClass=T_Settings KeysOnly", std::nullopt, false}, rows);
  ASSERT_TRUE(summary.ok()) << summary.status();
  ASSERT_EQ(rows.slots.size(), 1U);
  EXPECT_EQ(rows.slots[0], world_.Class("T_Settings")->key_slots());
}

TEST_F(AssociationTest, RequiredQualifiers) {
  const std::string associators = std::string("ASSOCIATORS OF ") + kA + " WHERE AssocClass=T_SettingsOfSystem ";
  EXPECT_THAT(world_.Names(associators + "RequiredAssocQualifier=association"), ElementsAre("T_Settings.SA"));
  EXPECT_THAT(world_.Names(associators + "RequiredAssocQualifier=Aggregation"), IsEmpty());
  EXPECT_THAT(world_.Names(associators + "RequiredQualifier=Dynamic"), IsEmpty());
  EXPECT_THAT(
      world_.Names(std::string("REFERENCES OF ") + kB + " WHERE ResultClass=T_Peer RequiredQualifier=Association"),
      ElementsAre("T_Peer"));
  EXPECT_THAT(world_.Names(std::string("REFERENCES OF ") + kB + " WHERE RequiredQualifier=Nothing"), IsEmpty());
}

TEST_F(AssociationTest, Errors) {
  EXPECT_EQ(Error("ASSOCIATORS OF {T_Settings.InstanceID='SA'} WHERE SchemaOnly"), CimStatus::kInvalidParameter);
  EXPECT_EQ(Error("ASSOCIATORS OF {T_Settings} WHERE SchemaOnly ClassDefsOnly"), CimStatus::kInvalidQuery);
  EXPECT_EQ(Error("ASSOCIATORS OF {T_Settings.InstanceID='NO'}"), CimStatus::kNotFound);
  EXPECT_EQ(Error("ASSOCIATORS OF {T_Settings}"), CimStatus::kInvalidParameter);
  EXPECT_EQ(Error("ASSOCIATORS OF {nonsense path}"), CimStatus::kInvalidParameter);
  EXPECT_EQ(Error("REFERENCES OF {Nonsense.K='x'}"), CimStatus::kInvalidClass);
  EXPECT_EQ(Error(std::string("ASSOCIATORS OF ") + kA + " WHERE AssocClass=Nonsense"), CimStatus::kInvalidClass);
  EXPECT_EQ(Error(std::string("ASSOCIATORS OF ") + kA + " WHERE ResultClass=Nonsense"), CimStatus::kInvalidClass);
  EXPECT_EQ(Error(std::string("ASSOCIATORS OF ") + kA + " WHERE Role=Nonsense"), CimStatus::kInvalidParameter);
  EXPECT_EQ(Error(std::string("REFERENCES OF ") + kA + " WHERE Role=Notes"), CimStatus::kInvalidParameter);
}

}  // namespace
}  // namespace cimvisor::broker
