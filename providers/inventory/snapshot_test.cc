#include "providers/inventory/snapshot.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cimvisor::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

MachinePointer MakeMachine(const std::string& id, const std::string& name, int64_t revision) {
  auto machine = std::make_shared<Machine>();
  machine->record.set_id(id);
  machine->record.mutable_configuration()->mutable_system()->set_name(name);
  machine->revision = revision;
  return machine;
}

std::vector<std::string> Ids(const std::vector<MachinePointer>& machines) {
  std::vector<std::string> ids;
  for (const MachinePointer& machine : machines) ids.push_back(machine->id());
  return ids;
}

std::vector<std::string> ChangedAfter(const Snapshot& snapshot, int64_t revision) {
  std::vector<std::string> ids;
  snapshot.ForEachChangedAfter(revision, [&](const MachinePointer& machine) {
    ids.push_back(machine->id());
    return true;
  });
  return ids;
}

TEST(SnapshotTest, FindsByIdWithoutRegardToCase) {
  const Snapshot snapshot = Snapshot().With(MakeMachine("AB", "one", 1)).With(MakeMachine("CD", "two", 2));
  ASSERT_NE(snapshot.Find("cd"), nullptr);
  EXPECT_EQ(snapshot.Find("cd")->name(), "two");
  EXPECT_EQ(snapshot.Find("C"), nullptr);
  EXPECT_EQ(snapshot.Find(""), nullptr);
}

TEST(SnapshotTest, FindsEveryMachineOfAName) {
  const Snapshot snapshot = Snapshot()
                                .With(MakeMachine("C", "Web", 1))
                                .With(MakeMachine("A", "web", 2))
                                .With(MakeMachine("B", "web2", 3))
                                .With(MakeMachine("D", "wörld", 4));
  EXPECT_THAT(Ids(snapshot.FindByName("WEB")), ElementsAre("A", "C"));
  EXPECT_THAT(Ids(snapshot.FindByName("wörld")), ElementsAre("D"));
  EXPECT_THAT(snapshot.FindByName("we"), IsEmpty());
}

TEST(SnapshotTest, AChangeMovesAMachineInEveryIndex) {
  const Snapshot before = Snapshot().With(MakeMachine("A", "one", 1)).With(MakeMachine("B", "two", 2));
  const Snapshot after = before.With(MakeMachine("A", "renamed", 3));
  EXPECT_EQ(after.size(), 2U);
  EXPECT_EQ(after.revision(), 3);
  EXPECT_THAT(after.FindByName("one"), IsEmpty());
  EXPECT_THAT(Ids(after.FindByName("renamed")), ElementsAre("A"));
  EXPECT_THAT(ChangedAfter(after, 1), ElementsAre("B", "A"));
  EXPECT_THAT(Ids(before.FindByName("one")), ElementsAre("A")) << "an older snapshot stays as it was";
  EXPECT_EQ(before.revision(), 2);
}

TEST(SnapshotTest, ARemovedMachineIsInNoIndex) {
  const Snapshot before = Snapshot().With(MakeMachine("A", "one", 1)).With(MakeMachine("B", "two", 2));
  const Snapshot after = before.Without("a", 7);
  EXPECT_EQ(after.size(), 1U);
  EXPECT_EQ(after.revision(), 7);
  EXPECT_EQ(after.Find("A"), nullptr);
  EXPECT_THAT(after.FindByName("one"), IsEmpty());
  EXPECT_THAT(ChangedAfter(after, 0), ElementsAre("B"));
  EXPECT_NE(before.Find("A"), nullptr);
}

TEST(SnapshotTest, WalksByIdAndByPrefix) {
  Snapshot snapshot;
  for (const char* id : {"BA", "AB", "BB", "AA"}) snapshot = snapshot.With(MakeMachine(id, "m", 1));
  std::vector<std::string> all;
  snapshot.ForEach([&](const MachinePointer& machine) {
    all.push_back(machine->id());
    return all.size() < 3;
  });
  EXPECT_THAT(all, ElementsAre("AA", "AB", "BA")) << "the walk stops when it is told to";
  std::vector<std::string> some;
  snapshot.ForEachWithIdPrefix("b", [&](const MachinePointer& machine) {
    some.push_back(machine->id());
    return true;
  });
  EXPECT_THAT(some, ElementsAre("BA", "BB"));
}

}  // namespace
}  // namespace cimvisor::inventory
