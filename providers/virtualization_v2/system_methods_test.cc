// DefineSystem, ModifySystemSettings, DestroySystem: effects, refusals, hostile values.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "providers/virtualization_v2/view_fixture.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

using testing::HasSubstr;

constexpr char kSettings[] = "Msvm_VirtualSystemSettingData";
constexpr char kGuid[] = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";

class SystemMethodsTest : public ViewTest {
 protected:
  broker::InvokeResult DefineWith(const Parameters& settings, const std::vector<InstancePointer>& resources = {}) {
    return InvokeService("DefineSystem", {{"SystemSettings", Object(Embedded(kSettings, settings))},
                                          {"ResourceSettings", Objects(resources)}});
  }
  broker::InvokeResult ModifyWith(const Parameters& settings) {
    return InvokeService("ModifySystemSettings", {{"SystemSettings", Object(Embedded(kSettings, settings))}});
  }
  size_t machines() const { return inventory_->snapshot()->size(); }
};

TEST_F(SystemMethodsTest, WithoutParametersAMachineHasTheDefaults) {
  const auto result = InvokeService("DefineSystem", {});
  ASSERT_EQ(result.result.return_value, 0U);
  const auto found = Query("SELECT * FROM Msvm_VirtualSystemSettingData");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(Property(found[0], "ElementName").string(), "New Virtual Machine");
  const std::string id = Property(found[0], "VirtualSystemIdentifier").string();
  EXPECT_EQ(id, absl::AsciiStrToUpper(id));
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(OutText(result, "ResultingSystem"), MachinePath(id));
  EXPECT_EQ(Property(Get(SettingsPath("Msvm_MemorySettingData", MemoryId(id))), "VirtualQuantity").unsigned_value(),
            1024U);
  EXPECT_EQ(
      Property(Get(SettingsPath("Msvm_ProcessorSettingData", ProcessorId(id))), "VirtualQuantity").unsigned_value(),
      1U);
  EXPECT_EQ(Query("SELECT * FROM Msvm_SerialPortSettingData").size(), 2U);
  EXPECT_TRUE(Query("SELECT * FROM Cimvisor_LinuxKernelSettingData").empty());
}

TEST_F(SystemMethodsTest, SettingsAreThoseOfHyperV) {
  const std::string id = Define("values");
  const InstancePointer settings = Get(SettingsPath(kSettings, SettingsId(id)));
  EXPECT_EQ(Property(settings, "InstanceID").string(), "Microsoft:" + id);
  EXPECT_EQ(Property(settings, "ConfigurationID").string(), id);
  EXPECT_EQ(Property(settings, "VirtualSystemType").string(), "Microsoft:Hyper-V:System:Realized");
  EXPECT_EQ(Property(settings, "VirtualSystemSubType").string(), "Microsoft:Hyper-V:SubType:1");
  EXPECT_EQ(Property(settings, "BIOSGUID").string(), "{" + id + "}");
  EXPECT_FALSE(Property(settings, "CreationTime").is_null());
  EXPECT_EQ(Property(settings, "IsSaved").boolean(), false);
  EXPECT_EQ(Property(settings, "AutomaticRecoveryAction").unsigned_value(), 3U);
}

TEST_F(SystemMethodsTest, NoBooleanOfAMachineIsNull) {
  Define("booleans", {Embedded("Cimvisor_LinuxKernelSettingData", {{"KernelPath", Text("boot:k")}})});
  for (const char* name : {"Msvm_ComputerSystem", kSettings, "Msvm_MemorySettingData", "Msvm_ProcessorSettingData",
                           "Msvm_SerialPortSettingData", "Cimvisor_LinuxKernelSettingData"}) {
    for (const InstancePointer& instance : Query(absl::StrCat("SELECT * FROM ", name))) {
      const auto& properties = instance->cls().properties();
      for (size_t i = 0; i < properties.size(); ++i) {
        if (properties[i].type != cim::CimType::kBoolean || properties[i].is_array) continue;
        EXPECT_FALSE(instance->value(static_cast<int>(i)).is_null()) << name << "." << properties[i].name;
      }
    }
  }
}

TEST_F(SystemMethodsTest, SettingsAndResourcesAreTaken) {
  const auto result = DefineWith(
      {{"ElementName", Text("full")}, {"VirtualSystemIdentifier", Text(kGuid)}, {"AutomaticStartupAction", Number(4)}},
      {Embedded("Msvm_MemorySettingData", {{"VirtualQuantity", Number(256)}}),
       Embedded("Msvm_ProcessorSettingData", {{"VirtualQuantity", Number(2)}}),
       Embedded("Cimvisor_LinuxKernelSettingData",
                {{"KernelPath", Text("boot:vmlinuz")}, {"CommandLine", Text("console=ttyS0")}})});
  ASSERT_EQ(result.result.return_value, 0U) << Message(result);
  const std::string id = absl::AsciiStrToUpper(kGuid);
  EXPECT_EQ(OutText(result, "ResultingSystem"), MachinePath(id));
  const InstancePointer memory = Get(SettingsPath("Msvm_MemorySettingData", MemoryId(id)));
  EXPECT_EQ(Property(memory, "VirtualQuantity").unsigned_value(), 256U);
  EXPECT_EQ(Property(memory, "Reservation").unsigned_value(), 256U);
  EXPECT_EQ(Property(memory, "AllocationUnits").string(), "byte * 2^20");
  EXPECT_EQ(
      Property(Get(SettingsPath("Msvm_ProcessorSettingData", ProcessorId(id))), "VirtualQuantity").unsigned_value(),
      2U);
  const InstancePointer kernel = Get(SettingsPath("Cimvisor_LinuxKernelSettingData", KernelId(id)));
  EXPECT_EQ(Property(kernel, "KernelPath").string(), "boot:vmlinuz");
  EXPECT_EQ(Property(kernel, "CommandLine").string(), "console=ttyS0");
  EXPECT_EQ(Property(Get(SettingsPath(kSettings, SettingsId(id))), "AutomaticStartupAction").unsigned_value(), 4U);
}

TEST_F(SystemMethodsTest, EmbeddedTextIsTakenAsMofAndAsXml) {
  const auto mof = InvokeService(
      "DefineSystem",
      {{"SystemSettings", Text("instance of Msvm_VirtualSystemSettingData { ElementName = \"mof\"; };")}});
  EXPECT_EQ(mof.result.return_value, 0U);
  const auto xml = InvokeService(
      "DefineSystem",
      {{"SystemSettings", Text("<INSTANCE CLASSNAME=\"Msvm_VirtualSystemSettingData\"><PROPERTY NAME=\"ElementName\" "
                               "TYPE=\"string\"><VALUE>xml</VALUE></PROPERTY></INSTANCE>")}});
  EXPECT_EQ(xml.result.return_value, 0U);
  EXPECT_EQ(Query("SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'mof' OR ElementName = 'xml'").size(), 2U);
}

TEST_F(SystemMethodsTest, AReferenceConfigurationIsCopiedButItsIdentity) {
  const std::string original =
      Define("original", {Embedded("Msvm_MemorySettingData", {{"VirtualQuantity", Number(512)}})});
  const auto result =
      InvokeService("DefineSystem", {{"ReferenceConfiguration", Text(SettingsPath(kSettings, SettingsId(original)))}});
  ASSERT_EQ(result.result.return_value, 0U) << Message(result);
  ASSERT_EQ(machines(), 2U);
  const auto copies = Query("SELECT * FROM Msvm_VirtualSystemSettingData WHERE ElementName = 'New Virtual Machine'");
  ASSERT_EQ(copies.size(), 1U);
  const std::string copy = Property(copies[0], "ConfigurationID").string();
  EXPECT_NE(copy, original);
  EXPECT_NE(Property(copies[0], "BIOSGUID").string(), "{" + original + "}");
  EXPECT_EQ(Property(Get(SettingsPath("Msvm_MemorySettingData", MemoryId(copy))), "VirtualQuantity").unsigned_value(),
            512U);
}

TEST_F(SystemMethodsTest, WhatCannotBeIsRefusedAndNothingIsMade) {
  struct Case {
    Parameters settings;
    std::vector<InstancePointer> resources;
    uint32_t return_value;
    const char* words;
  };
  const auto memory = [this](uint64_t quantity) {
    return std::vector<InstancePointer>{Embedded("Msvm_MemorySettingData", {{"VirtualQuantity", Number(quantity)}})};
  };
  const auto processors = [this](uint64_t quantity) {
    return std::vector<InstancePointer>{Embedded("Msvm_ProcessorSettingData", {{"VirtualQuantity", Number(quantity)}})};
  };
  const Case cases[] = {
      {{{"ElementName", Text("")}}, {}, 4, "name"},
      {{{"ElementName", Text(std::string(10000, 'x'))}}, {}, 4, "name"},
      {{{"ElementName", Text("two\nlines")}}, {}, 4, "name"},
      {{{"VirtualSystemIdentifier", Text("not a guid")}}, {}, 4, "GUID"},
      {{{"VirtualSystemSubType", Text("Microsoft:Hyper-V:SubType:7")}}, {}, 4, "SubType:7"},
      {{{"AutomaticStartupAction", Number(77)}}, {}, 4, "77"},
      {{{"AutomaticStartupActionDelay", Text("20260101000000.000000+000")}}, {}, 4, "interval"},
      {{{"GuestStateFile", Text("/etc/shadow")}}, {}, 1, "GuestStateFile"},
      {{{"EnableHibernation", cim::Value::Boolean(true)}}, {}, 1, "EnableHibernation"},
      {{}, memory(0), 4, "0 MiB"},
      {{}, memory(3), 4, "multiple of 2"},
      {{}, memory(uint64_t{1} << 30), 4, "more than this host has"},
      {{}, memory(UINT64_MAX - 1), 4, "more than this host has"},
      {{}, processors(0), 4, "processors is 0"},
      {{}, processors(1000), 4, "1000"},
      {{}, processors(uint64_t{1} << 32), 4, "4294967296"},
      {{}, {Embedded("Cimvisor_LinuxKernelSettingData", {{"KernelPath", Text("../../etc/shadow")}})}, 4, ".."},
      {{},
       {Embedded("Msvm_ResourceAllocationSettingData",
                 {{"ResourceType", Number(17)}, {"ResourceSubType", Text("Microsoft:Hyper-V:Synthetic Disk Drive")}})},
       1,
       "Synthetic Disk Drive"},
      {{},
       {Embedded("Msvm_MemorySettingData", {{"VirtualQuantity", Number(256)}}),
        Embedded("Msvm_MemorySettingData", {{"VirtualQuantity", Number(512)}})},
       4,
       "ResourceSettings[1]"},
  };
  for (const Case& test : cases) {
    const auto result = DefineWith(test.settings, test.resources);
    EXPECT_EQ(result.result.return_value, test.return_value) << test.words;
    EXPECT_THAT(Message(result), HasSubstr(test.words));
    EXPECT_EQ(machines(), 0U) << test.words;
  }
}

TEST_F(SystemMethodsTest, ARefusalIsAnMsvmErrorThatNamesTheObject) {
  const auto result = DefineWith({{"ElementName", Text("")}});
  ASSERT_NE(result.result.error, nullptr);
  EXPECT_EQ(result.result.error->cls().name(), "Msvm_Error");
  EXPECT_THAT(Property(result.result.error, "ErrorSource").string(), HasSubstr("Msvm_VirtualSystemManagementService"));
  EXPECT_EQ(Property(result.result.error, "CIMStatusCode").unsigned_value(), 4U);
  for (const cim::Value& value : result.result.out_parameters) EXPECT_TRUE(value.is_null());
}

TEST_F(SystemMethodsTest, ATakenGuidIsRefused) {
  ASSERT_EQ(DefineWith({{"VirtualSystemIdentifier", Text(kGuid)}}).result.return_value, 0U);
  const auto again = DefineWith({{"VirtualSystemIdentifier", Text(absl::AsciiStrToUpper(kGuid))}});
  EXPECT_EQ(again.result.return_value, 4U);
  EXPECT_THAT(Message(again), HasSubstr(absl::AsciiStrToUpper(kGuid)));
}

TEST_F(SystemMethodsTest, ARequestIdDefinesOneMachine) {
  const Parameters parameters = {{"SystemSettings", Object(Embedded(kSettings, {{"ElementName", Text("once")}}))}};
  const auto first = InvokeService("DefineSystem", parameters, "define-1");
  const auto second = InvokeService("DefineSystem", parameters, "define-1");
  EXPECT_EQ(first.result.return_value, 0U);
  EXPECT_TRUE(second.replayed);
  EXPECT_EQ(OutText(second, "ResultingSystem"), OutText(first, "ResultingSystem"));
  EXPECT_EQ(machines(), 1U);
}

TEST_F(SystemMethodsTest, ModifyChangesWhatIsNamedAndNothingElse) {
  const std::string id = Define("before");
  const InstancePointer before = Get(SettingsPath(kSettings, SettingsId(id)));
  const auto result = ModifyWith({{"InstanceID", Text(absl::AsciiStrToLower(SettingsId(id)))},
                                  {"ElementName", Text("Grüße 世界")},
                                  {"Notes", Paths({"one", "two"})},
                                  {"BIOSGUID", cim::Value()}});
  ASSERT_EQ(result.result.return_value, 0U) << Message(result);
  const InstancePointer after = Get(SettingsPath(kSettings, SettingsId(id)));
  for (size_t i = 0; i < before->cls().properties().size(); ++i) {
    const std::string& name = before->cls().properties()[i].name;
    if (name == "ElementName" || name == "Notes") continue;
    EXPECT_EQ(before->value(static_cast<int>(i)), after->value(static_cast<int>(i))) << name;
  }
  EXPECT_EQ(Property(after, "ElementName").string(), "Grüße 世界");
  EXPECT_EQ(Property(after, "Notes").elements().size(), 2U);
  EXPECT_EQ(Property(Get(MachinePath(id)), "ElementName").string(), "Grüße 世界");
}

TEST_F(SystemMethodsTest, ModifyTakesBackWhatItGave) {
  const std::string id = Define("all of it");
  const InstancePointer settings = Get(SettingsPath(kSettings, SettingsId(id)));
  Parameters everything;
  for (size_t i = 0; i < settings->cls().properties().size(); ++i) {
    everything.emplace_back(settings->cls().properties()[i].name, settings->value(static_cast<int>(i)));
  }
  const auto result = ModifyWith(everything);
  EXPECT_EQ(result.result.return_value, 0U) << (result.result.error ? Message(result) : "");
}

TEST_F(SystemMethodsTest, ModifyRefusesWhatCannotBeChanged) {
  const std::string id = Define("fixed");
  const auto read_only =
      ModifyWith({{"InstanceID", Text(SettingsId(id))}, {"ElementName", Text("new")}, {"Version", Text("1.0")}});
  EXPECT_EQ(read_only.result.return_value, 1U);
  EXPECT_THAT(Message(read_only), HasSubstr("Version"));
  const auto generation =
      ModifyWith({{"InstanceID", Text(SettingsId(id))}, {"VirtualSystemSubType", Text("Microsoft:Hyper-V:SubType:2")}});
  EXPECT_EQ(generation.result.return_value, 4U);
  EXPECT_EQ(Property(Get(MachinePath(id)), "ElementName").string(), "fixed");  // all or nothing
}

TEST_F(SystemMethodsTest, ModifyOfNobodyIsRefused) {
  EXPECT_EQ(InvokeService("ModifySystemSettings", {}).result.return_value, 4U);
  for (const std::string& instance_id : {std::string(""), std::string("Microsoft:"), std::string("x"),
                                         SettingsId(kGuid), MemoryId(Define("other")), std::string(5000, 'M')}) {
    const auto result = ModifyWith({{"InstanceID", Text(instance_id)}, {"ElementName", Text("stolen")}});
    EXPECT_EQ(result.result.return_value, 4U) << instance_id;
    EXPECT_FALSE(Message(result).empty());
  }
  EXPECT_TRUE(Query("SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'stolen'").empty());
}

TEST_F(SystemMethodsTest, FirmwareSettingsOfARunningMachineAre32775) {
  const std::string id = Define("running");
  RequestState(id, 2);
  const auto refused = ModifyWith({{"InstanceID", Text(SettingsId(id))}, {"BIOSSerialNumber", Text("7")}});
  EXPECT_EQ(refused.result.return_value, 32775U);
  EXPECT_THAT(Message(refused), HasSubstr("running"));
  EXPECT_EQ(ModifyWith({{"InstanceID", Text(SettingsId(id))}, {"ElementName", Text("renamed")}}).result.return_value,
            0U);
}

TEST_F(SystemMethodsTest, DestroyForgetsAMachineThatIsOff) {
  const std::string id = Define("gone");
  RequestState(id, 2);
  const auto running = InvokeService("DestroySystem", {{"AffectedSystem", Text(MachinePath(id))}});
  EXPECT_EQ(running.result.return_value, 32775U);
  EXPECT_THAT(Message(running), HasSubstr("gone"));
  RequestState(id, 3);
  EXPECT_EQ(InvokeService("DestroySystem", {{"AffectedSystem", Text(MachinePath(id))}}).result.return_value, 0U);
  EXPECT_EQ(machines(), 0U);
  EXPECT_FALSE(broker_->GetInstance(Caller(), MachinePath(id), nullptr).ok());
}

TEST_F(SystemMethodsTest, DestroyOfTheHostOrOfNobodyIsRefused) {
  EXPECT_EQ(InvokeService("DestroySystem", {}).result.return_value, 4U);
  const auto host = InvokeService("DestroySystem", {{"AffectedSystem", Text(MachinePath(kHostName))}});
  EXPECT_EQ(host.result.return_value, 4U);
  EXPECT_THAT(Message(host), HasSubstr("names no machine"));
}

TEST_F(SystemMethodsTest, EveryOtherMethodOfTheServiceSaysThatItIsNotSupported) {
  const auto cls = classes_.Find("root/virtualization/v2", "Msvm_VirtualSystemManagementService");
  ASSERT_TRUE(cls.ok());
  int others = 0;
  for (const cim::Method& method : (*cls)->methods()) {
    const auto called = broker_->InvokeMethod(Caller(), {ServicePath(), method.name, {}});
    if (!called.ok() || called->result.error == nullptr || called->result.return_value == 4) continue;
    ++others;
    EXPECT_THAT(called->result.return_value, testing::AnyOf(1U, 32770U)) << method.name;
    EXPECT_THAT(Message(*called), HasSubstr(method.name));
  }
  EXPECT_GT(others, 30);
}

TEST_F(SystemMethodsTest, AChangeIsInTheAudit) {
  Define("audited");
  const auto rows = Query("SELECT * FROM Cimvisor_AuditRecord");
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(Property(rows[0], "Operation").string(), "Msvm_VirtualSystemManagementService.DefineSystem");
  EXPECT_EQ(Property(rows[0], "Outcome").string(), "done");
  const std::string path = SettingsPath("Cimvisor_AuditRecord", Property(rows[0], "InstanceID").string());
  EXPECT_EQ(*Get(path), *rows[0]);
  broker::CallContext reader = Caller();
  reader.caller.role = security::Role::kReader;
  const auto denied = broker_->GetInstance(reader, path, nullptr);
  ASSERT_FALSE(denied.ok());
  EXPECT_EQ(cim::CimStatusOf(denied.status()), cim::CimStatus::kAccessDenied);
}

}  // namespace
}  // namespace cimvisor::views
