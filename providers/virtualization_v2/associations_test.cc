// Each association from either end, without a scan, and as an instance of its own.
#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "providers/virtualization_v2/view_fixture.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

class AssociationsTest : public ViewTest {
 protected:
  void SetUp() override {
    ViewTest::SetUp();
    id_ = Define("subject", {Embedded("Cimvisor_LinuxKernelSettingData", {{"KernelPath", Text("boot:k")}})});
    for (int i = 0; i < 20; ++i) Define("filler");
  }
  std::vector<InstancePointer> Associators(const std::string& path, const std::string& association) {
    broker::AssociationQuery query;
    query.path = path;
    query.assoc_class = association;
    return Walk(query);
  }
  std::vector<InstancePointer> References(const std::string& path, const std::string& association) {
    broker::AssociationQuery query;
    query.kind = broker::AssociationQuery::Kind::kReferences;
    query.path = path;
    query.result_class = association;
    return Walk(query);
  }
  std::string Settings() { return SettingsPath("Msvm_VirtualSystemSettingData", SettingsId(id_)); }

  std::string id_;
};

TEST_F(AssociationsTest, AMachineAndItsSettings) {
  const auto settings = Associators(MachinePath(absl::AsciiStrToLower(id_)), "Msvm_SettingsDefineState");
  ASSERT_EQ(settings.size(), 1U);
  EXPECT_EQ(Property(settings[0], "InstanceID").string(), SettingsId(id_));
  EXPECT_LE(rows_examined(), 3U);
  const auto machines = Associators(Settings(), "Msvm_SettingsDefineState");
  ASSERT_EQ(machines.size(), 1U);
  EXPECT_EQ(Property(machines[0], "Name").string(), id_);
  EXPECT_LE(rows_examined(), 3U);
}

TEST_F(AssociationsTest, SettingsAndTheirDevices) {
  const auto devices = Associators(Settings(), "Msvm_VirtualSystemSettingDataComponent");
  std::multiset<std::string> classes;
  for (const InstancePointer& device : devices) classes.insert(device->cls().name());
  EXPECT_EQ(classes, (std::multiset<std::string>{"Msvm_MemorySettingData", "Msvm_ProcessorSettingData",
                                                 "Msvm_SerialPortSettingData", "Msvm_SerialPortSettingData",
                                                 "Cimvisor_LinuxKernelSettingData"}));
  EXPECT_LE(rows_examined(), 11U);
  for (const InstancePointer& device : devices) {
    const auto owners = Associators(device->Path().RelativeText(), "Msvm_VirtualSystemSettingDataComponent");
    ASSERT_EQ(owners.size(), 1U) << device->Path().RelativeText();
    EXPECT_EQ(Property(owners[0], "InstanceID").string(), SettingsId(id_));
  }
}

TEST_F(AssociationsTest, AJobAndItsMachine) {
  const std::string id = Define("without a kernel");
  const std::string start = RequestState(id, 2);
  const std::string stop = RequestState(id, 3);
  EXPECT_EQ(Associators(MachinePath(id), "Msvm_AffectedJobElement").size(), 2U);
  for (const std::string& job : {start, stop}) {
    const auto machines = Associators(job, "Msvm_AffectedJobElement");
    ASSERT_EQ(machines.size(), 1U);
    EXPECT_EQ(Property(machines[0], "Name").string(), id);
  }
  const auto rows = Query("SELECT * FROM Msvm_AffectedJobElement WHERE AffectedElement = '" + MachinePath(id) + "'");
  EXPECT_EQ(rows.size(), 2U);
}

TEST_F(AssociationsTest, TheServiceItsHostAndItsMachines) {
  EXPECT_EQ(Associators(ServicePath(), "Msvm_ServiceAffectsElement").size(), 21U);
  const auto services = Associators(MachinePath(id_), "Msvm_ServiceAffectsElement");
  ASSERT_EQ(services.size(), 1U);
  EXPECT_EQ(Property(services[0], "Name").string(), "vmms");
  const auto hosts = Associators(ServicePath(), "Msvm_HostedService");
  ASSERT_EQ(hosts.size(), 1U);
  EXPECT_EQ(Property(hosts[0], "Name").string(), kHostName);
  EXPECT_EQ(Associators(MachinePath(kHostName), "Msvm_HostedService").size(), 1U);
  EXPECT_TRUE(Associators(MachinePath(id_), "Msvm_HostedService").empty());
}

TEST_F(AssociationsTest, EachAssociationIsAnInstanceThatCanBeGot) {
  const std::string runner = Define("without a kernel");
  RequestState(runner, 2);
  for (const auto& [path, association] :
       std::vector<std::pair<std::string, std::string>>{{MachinePath(id_), "Msvm_SettingsDefineState"},
                                                        {Settings(), "Msvm_VirtualSystemSettingDataComponent"},
                                                        {MachinePath(runner), "Msvm_AffectedJobElement"},
                                                        {MachinePath(id_), "Msvm_ServiceAffectsElement"},
                                                        {ServicePath(), "Msvm_HostedService"}}) {
    const auto links = References(path, association);
    ASSERT_FALSE(links.empty()) << association;
    const InstancePointer again = Get(links[0]->Path().FullText(kHostName));
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(again->Path(), links[0]->Path());
  }
}

TEST_F(AssociationsTest, EveryAssociationIsListed) {
  EXPECT_EQ(Query("SELECT * FROM Msvm_SettingsDefineState").size(), 21U);
  EXPECT_EQ(Query("SELECT * FROM Msvm_VirtualSystemSettingDataComponent").size(), 21U * 4 + 1);
  EXPECT_EQ(Query("SELECT * FROM Msvm_ServiceAffectsElement").size(), 21U);
  EXPECT_EQ(Query("SELECT * FROM Msvm_HostedService").size(), 1U);
}

TEST_F(AssociationsTest, EndsThatAreNotAssociatedAreNotFound) {
  const std::string other = Define("other");
  const cim::ObjectPath path("root/virtualization/v2", "Msvm_SettingsDefineState",
                             {{"ManagedElement", Text(MachinePath(other))}, {"SettingData", Text(Settings())}});
  const auto result = broker_->GetInstance(Caller(), path.RelativeText(), nullptr);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(cim::CimStatusOf(result.status()), cim::CimStatus::kNotFound) << result.status();
}

}  // namespace
}  // namespace cimvisor::views
