// The clock, the keyboard controller, the PCI ports and ACPI's registers, each without a machine.
#include <gtest/gtest.h>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "hypervisor-backend/kvm/devices/cmos_clock.h"
#include "hypervisor-backend/kvm/devices/fakes.h"
#include "hypervisor-backend/kvm/devices/keyboard_controller.h"
#include "hypervisor-backend/kvm/devices/pci_configuration.h"
#include "hypervisor-backend/kvm/devices/power_management.h"

namespace cimvisor::kvm {
namespace {

class CmosClockTest : public ::testing::Test {
 protected:
  uint8_t Read(uint8_t index) {
    clock_.Write(0, 1, index);
    return static_cast<uint8_t>(clock_.Read(1, 1));
  }
  void Write(uint8_t index, uint8_t value) {
    clock_.Write(0, 1, index);
    clock_.Write(1, 1, value);
  }

  absl::Time now_ = absl::FromCivil(absl::CivilSecond(2026, 11, 22, 18, 54, 9), absl::UTCTimeZone());
  CmosClock clock_{3ull << 30, 1ull << 30, [this] { return now_; }};
};

TEST_F(CmosClockTest, TheDateInBcd) {
  EXPECT_EQ(Read(0x00), 0x09);
  EXPECT_EQ(Read(0x02), 0x54);
  EXPECT_EQ(Read(0x04), 0x18);
  EXPECT_EQ(Read(0x06), 1) << "a Sunday";
  EXPECT_EQ(Read(0x07), 0x22);
  EXPECT_EQ(Read(0x08), 0x11);
  EXPECT_EQ(Read(0x09), 0x26);
  EXPECT_EQ(Read(0x32), 0x20);
  EXPECT_EQ(Read(0x0a) & 0x80, 0) << "never in the middle of an update";
  EXPECT_EQ(Read(0x0d), 0x80) << "the battery is good";
}

TEST_F(CmosClockTest, BinaryAndTwelveHours) {
  Write(0x0b, 0x04);
  EXPECT_EQ(Read(0x02), 54);
  EXPECT_EQ(Read(0x04), 0x80 | 6);
  Write(0x0b, 0x00);
  EXPECT_EQ(Read(0x04), 0x80 | 0x06);
}

TEST_F(CmosClockTest, MidnightAndNoonInTwelveHours) {
  now_ = absl::FromCivil(absl::CivilSecond(2026, 1, 1, 0, 0, 0), absl::UTCTimeZone());
  Write(0x0b, 0x00);
  EXPECT_EQ(Read(0x04), 0x12);
  now_ += absl::Hours(12);
  EXPECT_EQ(Read(0x04), 0x92);
}

TEST_F(CmosClockTest, AGuestSetsItsOwnClock) {
  Write(0x0b, 0x82);  // being set
  // The day first: on its own it would not be one of November.
  Write(0x07, 0x31);
  Write(0x08, 0x12);
  Write(0x09, 0x30);
  Write(0x04, 0x23);
  Write(0x02, 0x59);
  Write(0x00, 0x58);
  Write(0x0b, 0x02);
  now_ += absl::Seconds(3);
  EXPECT_EQ(Read(0x00), 0x01);
  EXPECT_EQ(Read(0x04), 0x00);
  EXPECT_EQ(Read(0x07), 0x01);
  EXPECT_EQ(Read(0x08), 0x01);
  EXPECT_EQ(Read(0x09), 0x31);
}

TEST_F(CmosClockTest, TheDateStandsStillWhileItIsSet) {
  Write(0x0b, 0x82);
  now_ += absl::Hours(5);
  EXPECT_EQ(Read(0x04), 0x18);
}

TEST_F(CmosClockTest, TheSizesOfTheMemory) {
  EXPECT_EQ(Read(0x15) | Read(0x16) << 8, 640);
  EXPECT_EQ(Read(0x34) | Read(0x35) << 8, ((3 << 10) - 16) * 16);
  EXPECT_EQ(Read(0x5b) | Read(0x5c) << 8 | Read(0x5d) << 16, 1 << 14);
}

TEST_F(CmosClockTest, OtherCellsKeepWhatIsWrittenAndAResetToo) {
  Write(0x40, 0xaa);
  clock_.Reset();
  EXPECT_EQ(Read(0x40), 0xaa);
}

TEST_F(CmosClockTest, NonsenseIsBroughtIntoRange) {
  for (int index = 0; index < 256; ++index) {
    for (int value = 0; value < 256; ++value) {
      Write(static_cast<uint8_t>(index), static_cast<uint8_t>(value));
      Read(static_cast<uint8_t>(index));
    }
  }
  Write(0x0b, 0x02);
  EXPECT_LE(Read(0x00), 0x59);
  EXPECT_LE(Read(0x08), 0x12);
}

class KeyboardControllerTest : public ::testing::Test {
 protected:
  uint8_t Status() { return static_cast<uint8_t>(controller_.command_port()->Read(0, 1)); }
  uint8_t Data() { return static_cast<uint8_t>(controller_.data_port()->Read(0, 1)); }
  void Command(uint8_t command) { controller_.command_port()->Write(0, 1, command); }
  void WriteData(uint8_t value) { controller_.data_port()->Write(0, 1, value); }

  FakeGuestRequests requests_;
  KeyboardController controller_{&requests_};
};

TEST_F(KeyboardControllerTest, SelfTestPasses) {
  EXPECT_EQ(Status() & 1, 0);
  Command(0xaa);
  EXPECT_EQ(Status() & 1, 1);
  EXPECT_EQ(Data(), 0x55);
  EXPECT_EQ(Status() & 1, 0);
}

TEST_F(KeyboardControllerTest, TheCommandByteIsKept) {
  Command(0x60);
  WriteData(0x43);
  Command(0x20);
  EXPECT_EQ(Data(), 0x43);
  Command(0xad);
  Command(0x20);
  EXPECT_EQ(Data(), 0x53);
}

TEST_F(KeyboardControllerTest, ThereIsNoMouseAndNoKeyboardAnswers) {
  Command(0xa9);
  EXPECT_NE(Data(), 0x00);
  WriteData(0xff);
  EXPECT_EQ(Status() & 1, 0);
}

TEST_F(KeyboardControllerTest, PulsingTheResetLineResets) {
  Command(0xfe);
  EXPECT_EQ(requests_.resets, 1);
  Command(0xff);  // pulses nothing
  EXPECT_EQ(requests_.resets, 1);
}

TEST_F(KeyboardControllerTest, TheOutputPortResetsToo) {
  Command(0xd1);
  WriteData(0x03);
  EXPECT_EQ(requests_.resets, 0);
  Command(0xd1);
  WriteData(0x02);
  EXPECT_EQ(requests_.resets, 1);
}

TEST_F(KeyboardControllerTest, AnswersThatNobodyReadsDoNotPileUp) {
  for (int i = 0; i < 1000; ++i) Command(0x20);
  int read = 0;
  while ((Status() & 1) != 0) {
    Data();
    ++read;
  }
  EXPECT_LE(read, 16);
}

TEST(PciConfiguration, ThereIsNoDevice) {
  FakeGuestRequests requests;
  PciConfiguration pci(&requests);
  pci.Write(0, 4, 0x80000000);
  EXPECT_EQ(pci.Read(0, 4), 0x80000000);
  EXPECT_EQ(pci.Read(4, 4) & 0xffffffff, 0xffffffff);
  EXPECT_EQ(requests.resets, 0);
}

TEST(PciConfiguration, TheResetRegisterResets) {
  FakeGuestRequests requests;
  PciConfiguration pci(&requests);
  pci.Write(1, 1, 0x02);
  EXPECT_EQ(requests.resets, 0);
  EXPECT_EQ(pci.Read(1, 1), 0x02);
  pci.Write(1, 1, 0x06);
  EXPECT_EQ(requests.resets, 1);
  pci.Write(0, 4, 0x00000600);  // an address, not the reset register
  EXPECT_EQ(requests.resets, 1);
}

TEST(PowerManagement, SleepTypeFiveWithEnablePowersOff) {
  FakeGuestRequests requests;
  PowerManagement power(&requests, [] { return absl::UnixEpoch(); });
  power.Write(4, 2, 5 << 10);
  EXPECT_EQ(requests.power_offs, 0);
  power.Write(4, 2, 3 << 10 | 1 << 13);
  EXPECT_EQ(requests.power_offs, 0) << "another sleep state is not supported";
  power.Write(4, 2, 5 << 10 | 1 << 13);
  EXPECT_EQ(requests.power_offs, 1);
}

TEST(PowerManagement, AlwaysInAcpiModeAndNeverAnEvent) {
  FakeGuestRequests requests;
  PowerManagement power(&requests, [] { return absl::UnixEpoch(); });
  EXPECT_EQ(power.Read(4, 2) & 1, 1);
  EXPECT_EQ(power.Read(0, 2), 0);
  power.Write(2, 2, 0x0120);
  EXPECT_EQ(power.Read(2, 2), 0x0120);
  power.Reset();
  EXPECT_EQ(power.Read(2, 2), 0);
}

TEST(PowerManagement, TheTimerCountsAtItsRate) {
  FakeGuestRequests requests;
  absl::Time now = absl::UnixEpoch();
  PowerManagement power(&requests, [&now] { return now; });
  EXPECT_EQ(power.Read(8, 4), 0);
  now += absl::Seconds(2);
  EXPECT_EQ(power.Read(8, 4), 2 * 3'579'545);
  now += absl::Hours(24 * 365);
  power.Read(8, 4);  // wraps, and overflows nothing
}

}  // namespace
}  // namespace cimvisor::kvm
