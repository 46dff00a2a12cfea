// AddResourceSettings, ModifyResourceSettings, RemoveResourceSettings.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "providers/virtualization_v2/view_fixture.h"

namespace cimvisor::views {
namespace {

using testing::HasSubstr;

constexpr char kKernel[] = "Cimvisor_LinuxKernelSettingData";
constexpr char kMemory[] = "Msvm_MemorySettingData";
constexpr char kProcessor[] = "Msvm_ProcessorSettingData";
constexpr char kSerial[] = "Msvm_SerialPortSettingData";

class ResourceMethodsTest : public ViewTest {
 protected:
  void SetUp() override {
    ViewTest::SetUp();
    id_ = Define("subject");
  }
  broker::InvokeResult Modify(const std::vector<InstancePointer>& resources) {
    return InvokeService("ModifyResourceSettings", {{"ResourceSettings", Objects(resources)}});
  }
  broker::InvokeResult Add(const std::string& affected, const std::vector<InstancePointer>& resources) {
    return InvokeService("AddResourceSettings",
                         {{"AffectedConfiguration", Text(affected)}, {"ResourceSettings", Objects(resources)}});
  }
  broker::InvokeResult Remove(const std::vector<std::string>& paths) {
    return InvokeService("RemoveResourceSettings", {{"ResourceSettings", Paths(paths)}});
  }
  uint64_t Memory() { return Property(Get(SettingsPath(kMemory, MemoryId(id_))), "VirtualQuantity").unsigned_value(); }
  InstancePointer KernelSettings(const std::string& path) { return Embedded(kKernel, {{"KernelPath", Text(path)}}); }

  std::string id_;
};

TEST_F(ResourceMethodsTest, ModifyChangesSeveralDevicesAtOnce) {
  const auto result = Modify(
      {Embedded(kMemory,
                {{"InstanceID", Text(absl::AsciiStrToLower(MemoryId(id_)))}, {"VirtualQuantity", Number(2048)}}),
       Embedded(kProcessor, {{"InstanceID", Text(ProcessorId(id_))}, {"VirtualQuantity", Number(4)}}),
       Embedded(kSerial, {{"InstanceID", Text(SerialId(id_, 1))}, {"Connection", Paths({"\\\\.\\pipe\\web"})}})});
  ASSERT_EQ(result.result.return_value, 0U) << Message(result);
  EXPECT_EQ(Memory(), 2048U);
  EXPECT_EQ(Property(Get(SettingsPath(kProcessor, ProcessorId(id_))), "VirtualQuantity").unsigned_value(), 4U);
  const InstancePointer port = Get(SettingsPath(kSerial, SerialId(id_, 1)));
  EXPECT_EQ(Property(port, "Connection").elements()[0].string(), "\\\\.\\pipe\\web");
  EXPECT_EQ(Property(port, "ElementName").string(), "COM 2");
  EXPECT_EQ(Property(port, "ResourceSubType").string(), "Microsoft:Hyper-V:Serial Port");
  EXPECT_THAT(OutText(result, "ResultingResourceSettings"), HasSubstr("4764334D"));
}

TEST_F(ResourceMethodsTest, ModifyIsAllOrNothing) {
  const auto result =
      Modify({Embedded(kMemory, {{"InstanceID", Text(MemoryId(id_))}, {"VirtualQuantity", Number(2048)}}),
              Embedded(kProcessor, {{"InstanceID", Text(ProcessorId(id_))}, {"VirtualQuantity", Number(999)}})});
  EXPECT_EQ(result.result.return_value, 4U);
  EXPECT_THAT(Message(result), HasSubstr("999"));
  EXPECT_EQ(Memory(), 1024U);
}

TEST_F(ResourceMethodsTest, AGeneralClassIsTakenByItsInstanceId) {
  const auto result = Modify({Embedded("Msvm_ResourceAllocationSettingData",
                                       {{"InstanceID", Text(MemoryId(id_))}, {"VirtualQuantity", Text("512")}})});
  ASSERT_EQ(result.result.return_value, 0U) << Message(result);
  EXPECT_EQ(Memory(), 512U);
}

TEST_F(ResourceMethodsTest, EverythingThatWasReadCanBeWrittenBack) {
  for (const auto& [name, instance_id] : std::vector<std::pair<const char*, std::string>>{
           {kMemory, MemoryId(id_)}, {kProcessor, ProcessorId(id_)}, {kSerial, SerialId(id_, 0)}}) {
    const InstancePointer read = Get(SettingsPath(name, instance_id));
    Parameters everything;
    for (size_t i = 0; i < read->cls().properties().size(); ++i) {
      everything.emplace_back(read->cls().properties()[i].name, read->value(static_cast<int>(i)));
    }
    const auto result = Modify({Embedded(name, everything)});
    EXPECT_EQ(result.result.return_value, 0U) << name << ": " << (result.result.error ? Message(result) : "");
  }
}

TEST_F(ResourceMethodsTest, HostileSettingsAreRefused) {
  const std::string other = Define("other");
  struct Case {
    std::vector<InstancePointer> resources;
    uint32_t return_value;
    const char* words;
  };
  const Case cases[] = {
      {{}, 4, "empty"},
      {{Embedded(kMemory, {{"VirtualQuantity", Number(2)}})}, 4, "InstanceID"},
      {{Embedded(kMemory, {{"InstanceID", Text("nonsense")}, {"VirtualQuantity", Number(2)}})}, 4, "InstanceID"},
      {{Embedded(kMemory, {{"InstanceID", Text(ProcessorId(id_))}, {"VirtualQuantity", Number(2)}})},
       4,
       "Msvm_MemorySettingData"},
      {{Embedded(kMemory, {{"InstanceID", Text(MemoryId("00000000-0000-0000-0000-00000000000A"))}})}, 4, "no machine"},
      {{Embedded(kMemory, {{"InstanceID", Text(MemoryId(id_))}, {"VirtualQuantity", Number(512)}}),
        Embedded(kMemory, {{"InstanceID", Text(MemoryId(other))}, {"VirtualQuantity", Number(512)}})},
       4,
       "one call changes one machine"},
      {{Embedded(kMemory, {{"InstanceID", Text(MemoryId(id_))}, {"VirtualQuantity", Number(512)}}),
        Embedded(kMemory, {{"InstanceID", Text(MemoryId(id_))}, {"VirtualQuantity", Number(256)}})},
       4,
       "same device"},
      {{Embedded(kSerial, {{"InstanceID", Text(SerialId(id_, 0))}, {"Connection", Paths({"a", "b"})}})},
       4,
       "Connection"},
      {{Embedded(kSerial, {{"InstanceID", Text(SerialId(id_, 0))}, {"Connection", Paths({"/etc/passwd"})}})},
       4,
       "pipe"},
      {{Embedded(kMemory, {{"InstanceID", Text(MemoryId(id_))}, {"SgxEnabled", cim::Value::Boolean(true)}})},
       1,
       "SgxEnabled"},
      {{Embedded(kKernel, {{"InstanceID", Text(KernelId(id_))}, {"KernelPath", Text("boot:k")}})},
       4,
       "AddResourceSettings"},
  };
  for (const Case& test : cases) {
    const auto result = Modify(test.resources);
    EXPECT_EQ(result.result.return_value, test.return_value) << test.words;
    EXPECT_THAT(Message(result), HasSubstr(test.words));
  }
  EXPECT_EQ(Memory(), 1024U);
}

TEST_F(ResourceMethodsTest, AKernelIsAddedToTheSettingsOrToTheMachineAndRemoved) {
  for (const std::string& affected :
       {SettingsPath("Msvm_VirtualSystemSettingData", SettingsId(id_)), MachinePath(id_)}) {
    const auto added = Add(affected, {KernelSettings("boot:vmlinuz")});
    ASSERT_EQ(added.result.return_value, 0U) << Message(added);
    EXPECT_EQ(Query("SELECT * FROM Cimvisor_LinuxKernelSettingData").size(), 1U);
    const auto twice = Add(affected, {KernelSettings("boot:other")});
    EXPECT_EQ(twice.result.return_value, 4U);
    EXPECT_THAT(Message(twice), HasSubstr("boot:vmlinuz"));
    const auto removed = Remove({SettingsPath(kKernel, KernelId(id_))});
    ASSERT_EQ(removed.result.return_value, 0U) << Message(removed);
    EXPECT_TRUE(Query("SELECT * FROM Cimvisor_LinuxKernelSettingData").empty());
  }
}

TEST_F(ResourceMethodsTest, OnlyAKernelCanBeAddedOrRemoved) {
  const auto memory = Add(MachinePath(id_), {Embedded(kMemory, {{"VirtualQuantity", Number(512)}})});
  EXPECT_EQ(memory.result.return_value, 1U);
  EXPECT_THAT(Message(memory), HasSubstr("ModifyResourceSettings"));
  EXPECT_EQ(Add(MachinePath(id_), {}).result.return_value, 4U);
  EXPECT_EQ(Add(MachinePath(kHostName), {KernelSettings("boot:k")}).result.return_value, 4U);
  const auto remove_memory = Remove({SettingsPath(kMemory, MemoryId(id_))});
  EXPECT_EQ(remove_memory.result.return_value, 1U);
  EXPECT_EQ(Remove({}).result.return_value, 4U);
  EXPECT_EQ(Remove({SettingsPath(kKernel, KernelId(id_))}).result.return_value, 4U);  // it has none
}

TEST_F(ResourceMethodsTest, HardwareOfARunningMachineIs32775) {
  RequestState(id_, 2);
  const auto result =
      Modify({Embedded(kMemory, {{"InstanceID", Text(MemoryId(id_))}, {"VirtualQuantity", Number(512)}})});
  EXPECT_EQ(result.result.return_value, 32775U);
  EXPECT_THAT(Message(result), HasSubstr("turn it off"));
  EXPECT_EQ(Memory(), 1024U);
}

TEST_F(ResourceMethodsTest, SettingsAreFoundByInstanceIdAndItsPrefixWithoutAScan) {
  for (int i = 0; i < 20; ++i) Define("filler");
  EXPECT_EQ(Query("SELECT * FROM Msvm_MemorySettingData WHERE InstanceID LIKE 'Microsoft:" + id_ + "%'").size(), 1U);
  EXPECT_LE(rows_examined(), 1U);
  EXPECT_EQ(
      Query("SELECT * FROM CIM_ResourceAllocationSettingData WHERE InstanceID LIKE 'Microsoft:" + id_ + "%'").size(),
      4U);
  EXPECT_LE(rows_examined(), 4U);
  EXPECT_EQ(Query("SELECT * FROM Msvm_VirtualSystemSettingData WHERE VirtualSystemIdentifier = '" +
                  absl::AsciiStrToLower(id_) + "'")
                .size(),
            1U);
  EXPECT_LE(rows_examined(), 1U);
}

}  // namespace
}  // namespace cimvisor::views
