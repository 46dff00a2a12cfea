#include "providers/inventory/device_ids.h"

#include "gtest/gtest.h"
#include "providers/inventory/guid.h"

namespace cimvisor::inventory {
namespace {

constexpr char kId[] = "0C1D2E3F-4A5B-6C7D-8E9F-0A1B2C3D4E5F";

TEST(DeviceIdsTest, AreThoseOfHyperV) {
  EXPECT_EQ(SettingsInstanceId(kId, DeviceKind::kSystem), "Microsoft:0C1D2E3F-4A5B-6C7D-8E9F-0A1B2C3D4E5F");
  EXPECT_EQ(SettingsInstanceId(kId, DeviceKind::kSerialPort, 1),
            "Microsoft:0C1D2E3F-4A5B-6C7D-8E9F-0A1B2C3D4E5F\\8E3A359F-559A-4B6A-98A9-1690A6100ED7\\1");
  EXPECT_EQ(DeviceInstanceId(DeviceKind::kProcessor), "Microsoft:B637F346-6A0E-4DEC-AF52-BD70CB80A21D\\0");
}

TEST(DeviceIdsTest, ParseReversesEachOfThem) {
  for (DeviceKind kind : {DeviceKind::kSystem, DeviceKind::kMemory, DeviceKind::kProcessor, DeviceKind::kSerialPort,
                          DeviceKind::kLinuxKernel}) {
    const auto id = ParseSettingsInstanceId(SettingsInstanceId(kId, kind));
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(id->machine_id, kId);
    EXPECT_EQ(id->kind, kind);
  }
  const auto second = ParseSettingsInstanceId(SettingsInstanceId(kId, DeviceKind::kSerialPort, 1));
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->number, 1);
}

TEST(DeviceIdsTest, ParseIgnoresCaseAndGivesUpperCase) {
  const auto id =
      ParseSettingsInstanceId("microsoft:0c1d2e3f-4a5b-6c7d-8e9f-0a1b2c3d4e5f\\4764334d-e001-4176-82ee-5594ec9b530e");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->machine_id, kId);
  EXPECT_EQ(id->kind, DeviceKind::kMemory);
}

TEST(DeviceIdsTest, ParseRefusesWhatIsNone) {
  for (const char* text :
       {"", "Microsoft:", "Microsoft:0C1D2E3F", "0C1D2E3F-4A5B-6C7D-8E9F-0A1B2C3D4E5F",
        "Microsoft:0C1D2E3F-4A5B-6C7D-8E9F-0A1B2C3D4E5F\\", "Microsoft:0C1D2E3F-4A5B-6C7D-8E9F-0A1B2C3D4E5FX",
        "Microsoft:0C1D2E3F-4A5B-6C7D-8E9F-0A1B2C3D4E5F\\8E3A359F-559A-4B6A-98A9-1690A6100ED7\\2",
        "Microsoft:GC1D2E3F-4A5B-6C7D-8E9F-0A1B2C3D4E5F"}) {
    EXPECT_FALSE(ParseSettingsInstanceId(text).has_value()) << text;
  }
}

TEST(GuidTest, NewOnesAreValidAndDiffer) {
  const std::string one = NewGuid();
  EXPECT_TRUE(IsGuid(one)) << one;
  EXPECT_EQ(one[14], '4') << one;
  EXPECT_NE(one, NewGuid());
  EXPECT_FALSE(IsGuid("{" + one + "}"));
}

}  // namespace
}  // namespace cimvisor::inventory
