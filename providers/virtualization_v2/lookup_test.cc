// Which queries are look-ups: at 100,000 machines each looks at no more rows than it gives, and one.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "providers/virtualization_v2/view_fixture.h"

namespace cimvisor::views {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr int kMachines = 100000;

class LookupTest : public ViewTest {
 protected:
  LookupTest() { machines_at_start_ = kMachines; }

  void ExpectLookup(const std::string& wql, uint64_t rows) {
    const broker::QuerySummary summary = Explain(wql);
    EXPECT_EQ(summary.rows_returned, rows) << wql;
    EXPECT_LE(summary.rows_examined, rows + 1) << wql;
    EXPECT_THAT(summary.steps, Contains(HasSubstr("look up"))) << wql;
  }
};

// One test: the machines are there once.
TEST_F(LookupTest, IndexedQueriesLookAtTheirResultsOnly) {
  const std::string id = IdOfMachineAtStart(4711);
  const std::string lower = absl::AsciiStrToLower(id);
  const std::string path =
      absl::StrCat("Msvm_ComputerSystem.CreationClassName=\"Msvm_ComputerSystem\",Name=\"", lower, "\"");
  const std::string settings = absl::StrCat("Msvm_VirtualSystemSettingData.InstanceID=\"Microsoft:", id, "\"");

  for (const std::string from : {"Msvm_ComputerSystem", "CIM_ComputerSystem"}) {
    ExpectLookup(absl::StrCat("SELECT * FROM ", from, " WHERE Name = '", lower, "'"), 1);
  }
  ExpectLookup("SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'MACHINE 77'", 1);
  ExpectLookup("SELECT * FROM Msvm_ComputerSystem WHERE ElementName LIKE 'machine 7777%'", 11);
  ExpectLookup(absl::StrCat("SELECT * FROM Msvm_ComputerSystem WHERE Name LIKE '", lower.substr(0, 8), "%'"), 1);
  ExpectLookup(absl::StrCat("SELECT * FROM Msvm_ComputerSystem WHERE __PATH = '", path, "'"), 1);
  ExpectLookup(absl::StrCat("SELECT * FROM Msvm_ComputerSystem WHERE Name = '", id,
                            "' OR ElementName = 'machine 5' OR ", "ElementName = 'machine 4711'"),
               2);
  ExpectLookup(
      absl::StrCat("SELECT * FROM Msvm_ComputerSystem WHERE ElementName LIKE 'machine%' AND Name = '", id, "'"), 1);
  ExpectLookup("SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'nobody'", 0);
  const std::string virtual_systems = "SELECT * FROM Msvm_VirtualSystemSettingData WHERE ";
  ExpectLookup(virtual_systems + "ElementName = 'machine 99999'", 1);
  ExpectLookup(virtual_systems + "InstanceID = 'Microsoft:" + lower + "'", 1);
  ExpectLookup(virtual_systems + "InstanceID LIKE 'Microsoft:" + lower + "%'", 1);
  ExpectLookup(virtual_systems + "VirtualSystemIdentifier = '" + lower + "'", 1);
  ExpectLookup(virtual_systems + "ConfigurationID = '" + lower + "'", 1);
  ExpectLookup(virtual_systems + "InstanceID LIKE 'Microsoft:%' AND ElementName = 'machine 1'", 1);
  ExpectLookup("SELECT * FROM Msvm_MemorySettingData WHERE InstanceID LIKE 'Microsoft:" + id + "%'", 1);
  ExpectLookup("SELECT * FROM Msvm_SerialPortSettingData WHERE InstanceID LIKE 'Microsoft:" + id + "%'", 2);
  ExpectLookup("SELECT * FROM Msvm_SummaryInformation WHERE ElementName = 'machine 3'", 1);
  ExpectLookup("SELECT * FROM Msvm_SettingsDefineState WHERE ManagedElement = '" + path + "'", 1);
  ExpectLookup("SELECT * FROM Msvm_SettingsDefineState WHERE SettingData = '" + settings + "'", 1);
  ExpectLookup("SELECT * FROM CIM_SettingsDefineState WHERE ManagedElement = '" + path + "'", 1);
  ExpectLookup("SELECT * FROM Msvm_VirtualSystemSettingDataComponent WHERE GroupComponent = '" + settings + "'", 4);
  ExpectLookup("SELECT * FROM Msvm_AffectedJobElement WHERE AffectedElement = '" + path + "'", 0);
  ExpectLookup("ASSOCIATORS OF {" + path + "} WHERE ResultClass = Msvm_VirtualSystemSettingData", 1);
  ExpectLookup("REFERENCES OF {" + settings + "} WHERE ResultClass = Msvm_SettingsDefineState", 1);
  // And what is no look-up says so.
  const broker::QuerySummary scan = Explain("SELECT Name FROM Msvm_ComputerSystem WHERE EnabledState = 2");
  EXPECT_THAT(scan.steps, Contains("Msvm_ComputerSystem: read all instances"));
  EXPECT_EQ(scan.rows_examined, kMachines + 1U);
}

}  // namespace
}  // namespace cimvisor::views
