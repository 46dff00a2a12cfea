// What a row says before it is made is what the instance has.
#include "providers/virtualization_v2/record_rows.h"

#include <string>
#include <vector>

#include "providers/virtualization_v2/view_fixture.h"

namespace cimvisor::views {
namespace {

class RecordRowsTest : public ViewTest {
 protected:
  // The number of properties that the row told.
  static int ExpectAgrees(const cim::ScalarRow& row, const cim::Instance& instance) {
    int told = 0;
    for (size_t i = 0; i < instance.cls().properties().size(); ++i) {
      cim::Scalar value = cim::Scalar::Null();
      const int slot = static_cast<int>(i);
      if (!row.Read(slot, &value)) continue;
      ++told;
      const cim::Scalar made = cim::Scalar::Of(instance.value(slot));
      const std::string where = instance.cls().name() + "." + instance.cls().properties()[i].name;
      EXPECT_EQ(value.kind, made.kind) << where;
      switch (value.kind) {
        case cim::Scalar::Kind::kText:
          EXPECT_EQ(value.text, made.text) << where;
          break;
        case cim::Scalar::Kind::kUnsigned:
        case cim::Scalar::Kind::kBoolean:
          EXPECT_EQ(value.unsigned_value, made.unsigned_value) << where;
          break;
        default:
          ADD_FAILURE() << "how to compare " << where << " is not known here";
      }
    }
    return told;
  }
  void ExpectAllAgree() {
    inventory_->snapshot()->ForEach([&](const inventory::MachinePointer& machine) {
      const std::string& id = machine->id();
      EXPECT_GE(ExpectAgrees(MachineRow(machine->record), *Get(MachinePath(id))), 8);
      const std::pair<inventory::DeviceKind, std::string> kSettings[] = {
          {inventory::DeviceKind::kSystem, SettingsPath("Msvm_VirtualSystemSettingData", SettingsId(id))},
          {inventory::DeviceKind::kMemory, SettingsPath("Msvm_MemorySettingData", MemoryId(id))},
          {inventory::DeviceKind::kProcessor, SettingsPath("Msvm_ProcessorSettingData", ProcessorId(id))},
          {inventory::DeviceKind::kSerialPort, SettingsPath("Msvm_SerialPortSettingData", SerialId(id, 0))}};
      int told = 0;
      for (const auto& [kind, path] : kSettings) told += ExpectAgrees(SettingsRow(machine->record, kind), *Get(path));
      EXPECT_GE(told, 10);
      return true;
    });
  }
};

TEST_F(RecordRowsTest, RowsSayWhatTheInstancesHave) {
  Define("off");
  Define("larger", {Embedded("Msvm_MemorySettingData", {{"VirtualQuantity", Number(2048)}}),
                    Embedded("Msvm_ProcessorSettingData", {{"VirtualQuantity", Number(2)}})});
  const std::string running = Define("running");
  RequestState(running, 2);
  ExpectAllAgree();
  RequestState(running, 9);
  ExpectAllAgree();
}

TEST_F(RecordRowsTest, AFilterWithoutIndexGivesWhatItShould) {
  Define("a");
  const std::string running = Define("b");
  RequestState(running, 2);
  const auto rows = Query("SELECT * FROM Msvm_ComputerSystem WHERE EnabledState = 2 AND ProcessID >= 0");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(Property(rows[0], "ElementName").string(), "b");
  EXPECT_EQ(rows_examined(), 3U);  // both machines and the host
  EXPECT_EQ(Query("SELECT * FROM Msvm_MemorySettingData WHERE VirtualQuantity > 512 AND Limit < 4096").size(), 2U);
  EXPECT_EQ(Query("SELECT * FROM Msvm_VirtualSystemSettingData WHERE ElementName > 'a'").size(), 1U);
}

}  // namespace
}  // namespace cimvisor::views
