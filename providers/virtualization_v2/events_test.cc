// What changes of the inventory and of jobs look like to a watcher of this namespace.
#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

#include "providers/virtualization_v2/view_fixture.h"

namespace cimvisor::views {
namespace {

using Kind = store::JournalEntry::Kind;

class EventsTest : public ViewTest {
 protected:
  // How many events of a kind there are for each class.
  static std::map<std::string, int> Count(const std::vector<broker::RenderedEvent>& events, Kind kind) {
    std::map<std::string, int> counts;
    for (const broker::RenderedEvent& event : events) {
      if (event.kind == kind) ++counts[event.target->cls().name()];
    }
    return counts;
  }
};

TEST_F(EventsTest, ANewMachineIsTheCreationOfAllItsInstances) {
  const int64_t before = store_->revision();
  const std::string id = Define("new", {Embedded("Cimvisor_LinuxKernelSettingData", {{"KernelPath", Text("boot:k")}})});
  const std::map<std::string, int> expected = {{"Msvm_ComputerSystem", 1},
                                               {"Msvm_VirtualSystemSettingData", 1},
                                               {"Msvm_MemorySettingData", 1},
                                               {"Msvm_ProcessorSettingData", 1},
                                               {"Msvm_SerialPortSettingData", 2},
                                               {"Cimvisor_LinuxKernelSettingData", 1},
                                               {"Msvm_SettingsDefineState", 1},
                                               {"Msvm_ServiceAffectsElement", 1},
                                               {"Msvm_VirtualSystemSettingDataComponent", 5}};
  EXPECT_EQ(Count(EventsAfter(before), Kind::kCreated), expected);
  EXPECT_TRUE(Count(EventsAfter(before), Kind::kModified).empty());
  const int64_t defined = store_->revision();
  EXPECT_EQ(InvokeService("DestroySystem", {{"AffectedSystem", Text(MachinePath(id))}}).result.return_value, 0U);
  EXPECT_EQ(Count(EventsAfter(defined), Kind::kDeleted), expected);
}

TEST_F(EventsTest, AStartShowsTheStatesInBetweenAndItsJob) {
  const std::string id = Define("m");
  const int64_t before = store_->revision();
  RequestState(id, 2);
  std::vector<uint64_t> states;
  for (const broker::RenderedEvent& event : EventsAfter(before)) {
    if (event.kind != Kind::kModified || event.target->cls().name() != "Msvm_ComputerSystem") continue;
    ASSERT_NE(event.previous, nullptr);
    const uint64_t from = Property(event.previous, "EnabledState").unsigned_value();
    const uint64_t to = Property(event.target, "EnabledState").unsigned_value();
    if (from != to) states.push_back(to);
    EXPECT_TRUE(Property(event.target, "OnTimeInMilliseconds").is_null());
  }
  EXPECT_EQ(states, (std::vector<uint64_t>{10, 2}));
  const auto created = Count(EventsAfter(before), Kind::kCreated);
  EXPECT_EQ(created.at("Msvm_ConcreteJob"), 1);
  EXPECT_EQ(created.at("Msvm_AffectedJobElement"), 1);
  EXPECT_GE(Count(EventsAfter(before), Kind::kModified).at("Msvm_ConcreteJob"), 1);
}

TEST_F(EventsTest, AChangeOfMemoryIsNoEventOfTheOthers) {
  const std::string id = Define("m");
  const int64_t before = store_->revision();
  const auto result = InvokeService(
      "ModifyResourceSettings",
      {{"ResourceSettings", Objects({Embedded("Msvm_MemorySettingData", {{"InstanceID", Text(MemoryId(id))},
                                                                         {"VirtualQuantity", Number(512)}})})}});
  ASSERT_EQ(result.result.return_value, 0U) << Message(result);
  const auto events = EventsAfter(before);
  const auto modified = Count(events, Kind::kModified);
  EXPECT_EQ(modified.at("Msvm_MemorySettingData"), 1);
  EXPECT_EQ(modified.count("Msvm_ProcessorSettingData"), 0U);
  EXPECT_EQ(modified.count("Msvm_VirtualSystemSettingData"), 0U);
  EXPECT_TRUE(Count(events, Kind::kCreated).empty());
  for (const broker::RenderedEvent& event : events) {
    if (event.target->cls().name() != "Msvm_MemorySettingData") continue;
    EXPECT_EQ(Property(event.previous, "VirtualQuantity").unsigned_value(), 1024U);
    EXPECT_EQ(Property(event.target, "VirtualQuantity").unsigned_value(), 512U);
  }
}

TEST_F(EventsTest, AKernelComesAndGoesWithItsAssociation) {
  const std::string id = Define("m");
  const int64_t before = store_->revision();
  ASSERT_EQ(InvokeService("AddResourceSettings",
                          {{"AffectedConfiguration", Text(MachinePath(id))},
                           {"ResourceSettings",
                            Objects({Embedded("Cimvisor_LinuxKernelSettingData", {{"KernelPath", Text("boot:k")}})})}})
                .result.return_value,
            0U);
  const std::map<std::string, int> expected = {{"Cimvisor_LinuxKernelSettingData", 1},
                                               {"Msvm_VirtualSystemSettingDataComponent", 1}};
  EXPECT_EQ(Count(EventsAfter(before), Kind::kCreated), expected);
  const int64_t added = store_->revision();
  ASSERT_EQ(
      InvokeService("RemoveResourceSettings",
                    {{"ResourceSettings", Paths({SettingsPath("Cimvisor_LinuxKernelSettingData", KernelId(id))})}})
          .result.return_value,
      0U);
  EXPECT_EQ(Count(EventsAfter(added), Kind::kDeleted), expected);
}

TEST_F(EventsTest, DamagedAndForeignEntriesMakeNoEvents) {
  const broker::EventRenderer* renderer = registry_.FindEventRenderer("root/virtualization/v2");
  ASSERT_NE(renderer, nullptr);
  for (const char* kind : {"machine", "job", "disk", ""}) {
    store::JournalEntry entry;
    entry.entity_kind = kind;
    entry.payload = "\xff\xfe not a record";
    EXPECT_TRUE(renderer->Render(entry).empty()) << kind;
    entry.payload.clear();
    EXPECT_TRUE(renderer->Render(entry).empty()) << kind;
  }
}

TEST_F(EventsTest, AReaderSeesWhatACallerWasTold) {
  for (int i = 0; i < 20; ++i) {
    const std::string id = Define("m");
    EXPECT_GE(views_->read_points().Current()->revision(), store_->revision());
    EXPECT_EQ(Query("SELECT * FROM Msvm_ComputerSystem WHERE Name = '" + id + "'").size(), 1U);
  }
}

}  // namespace
}  // namespace cimvisor::views
