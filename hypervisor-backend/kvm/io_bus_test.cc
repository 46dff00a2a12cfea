#include "hypervisor-backend/kvm/io_bus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string.h>

#include <array>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace cimvisor::kvm {
namespace {

using ::testing::ElementsAre;

class RecordingDevice final : public RegisterDevice {
 public:
  explicit RecordingDevice(uint32_t widest) : widest_(widest) {}
  uint32_t widest_access() const override { return widest_; }
  uint64_t Read(uint32_t offset, uint32_t size) override {
    accesses.push_back(absl::StrCat("read ", offset, " ", size));
    return 0x8877665544332211 >> (8 * offset);
  }
  void Write(uint32_t offset, uint32_t size, uint64_t value) override {
    accesses.push_back(absl::StrCat("write ", offset, " ", size, " ", absl::Hex(value)));
  }
  void Reset() override { accesses.push_back("reset"); }

  std::vector<std::string> accesses;

 private:
  const uint32_t widest_;
};

uint64_t ReadBus(const IoBus& bus, uint64_t address, size_t size) {
  std::array<uint8_t, 8> data = {};
  bus.Read(address, absl::MakeSpan(data).subspan(0, size));
  uint64_t value;
  memcpy(&value, data.data(), sizeof value);
  return value;
}

void WriteBus(const IoBus& bus, uint64_t address, uint64_t value, size_t size) {
  std::array<uint8_t, 8> data;
  memcpy(data.data(), &value, sizeof value);
  bus.Write(address, absl::MakeConstSpan(data).subspan(0, size));
}

TEST(IoBus, WhatNobodyAnswersReadsAsOnes) {
  const IoBus bus;
  EXPECT_EQ(ReadBus(bus, 0x80, 4), 0xffffffff);
  WriteBus(bus, ~uint64_t{0}, 1, 8);  // dropped
  EXPECT_EQ(ReadBus(bus, ~uint64_t{0}, 8), ~uint64_t{0});
}

TEST(IoBus, AWideAccessIsSplitForANarrowDevice) {
  RecordingDevice device(1);
  IoBus bus;
  bus.Attach(0x100, 8, &device);
  EXPECT_EQ(ReadBus(bus, 0x101, 2), 0x3322);
  WriteBus(bus, 0x104, 0xbbaa, 2);
  EXPECT_THAT(device.accesses, ElementsAre("read 1 1", "read 2 1", "write 4 1 aa", "write 5 1 bb"));
}

TEST(IoBus, AWideAccessReachesAWideDeviceWhole) {
  RecordingDevice device(4);
  IoBus bus;
  bus.Attach(0x100, 8, &device);
  EXPECT_EQ(ReadBus(bus, 0x100, 4), 0x44332211);
  EXPECT_EQ(ReadBus(bus, 0x100, 8), 0x8877665544332211);
  EXPECT_THAT(device.accesses, ElementsAre("read 0 4", "read 0 4", "read 4 4"));
}

TEST(IoBus, AnAccessOverTheEdgeTouchesOnlyWhatIsThere) {
  RecordingDevice device(4);
  IoBus bus;
  bus.Attach(0x100, 6, &device);
  EXPECT_EQ(ReadBus(bus, 0x104, 4), 0xffff6655);
  EXPECT_EQ(ReadBus(bus, 0xfe, 4), 0x2211ffff);
  EXPECT_THAT(device.accesses, ElementsAre("read 4 2", "read 0 2"));
}

TEST(IoBus, OddSizesAreSplitIntoPowersOfTwo) {
  RecordingDevice device(4);
  IoBus bus;
  bus.Attach(0, 8, &device);
  EXPECT_EQ(ReadBus(bus, 0, 3), 0x332211);
  EXPECT_THAT(device.accesses, ElementsAre("read 0 2", "read 2 1"));
}

TEST(IoBus, NeighboursAreToldApart) {
  RecordingDevice first(1);
  RecordingDevice second(1);
  IoBus bus;
  bus.Attach(0x64, 1, &second);
  bus.Attach(0x60, 1, &first);
  WriteBus(bus, 0x60, 1, 1);
  WriteBus(bus, 0x61, 2, 1);
  WriteBus(bus, 0x64, 3, 1);
  EXPECT_THAT(first.accesses, ElementsAre("write 0 1 1"));
  EXPECT_THAT(second.accesses, ElementsAre("write 0 1 3"));
  bus.ResetDevices();
  EXPECT_EQ(first.accesses.back(), "reset");
}

}  // namespace
}  // namespace cimvisor::kvm
