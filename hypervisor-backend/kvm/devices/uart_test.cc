#include "hypervisor-backend/kvm/devices/uart.h"

#include <gtest/gtest.h>

#include <string>

#include "hypervisor-backend/kvm/devices/fakes.h"

namespace cimvisor::kvm {
namespace {

// Registers by offset.
enum : uint32_t { kData, kEnable, kIdentification, kLine, kModem, kLineStatus, kModemStatus, kScratch };

class UartTest : public ::testing::Test {
 protected:
  uint8_t Read(uint32_t offset) { return static_cast<uint8_t>(uart_.Read(offset, 1)); }
  void Write(uint32_t offset, uint8_t value) { uart_.Write(offset, 1, value); }
  uint8_t Pending() { return Read(kIdentification) & 0x0f; }
  // OUT2 connects the interrupt, as on every PC.
  void ConnectInterrupt() { Write(kModem, 0x0b); }

  SerialOutput output_{true, [] {}};
  FakeInterruptLine interrupt_;
  Uart uart_{true, &output_, &interrupt_};
};

TEST_F(UartTest, WhatIsWrittenGoesOut) {
  for (const char byte : std::string("hello")) Write(kData, static_cast<uint8_t>(byte));
  const SerialOutput::Chunk chunk = output_.Take(100);
  EXPECT_EQ(chunk.bytes, "hello");
  EXPECT_EQ(chunk.offset, 0);
  EXPECT_EQ(Read(kLineStatus), 0x60);
}

TEST_F(UartTest, WhatIsReceivedCanBeReadInOrder) {
  EXPECT_EQ(uart_.Receive("abc"), 3);
  std::string read;
  while ((Read(kLineStatus) & 1) != 0) read += static_cast<char>(Read(kData));
  EXPECT_EQ(read, "abc");
  EXPECT_EQ(Read(kData), 0) << "an empty receiver reads as zero";
}

TEST_F(UartTest, TheInputQueueIsBoundedAndRefillsTheReceiver) {
  const std::string much(10'000, 'x');
  const size_t taken = uart_.Receive(much);
  EXPECT_EQ(taken, Uart::kInputQueueBytes);
  size_t read = 0;
  while ((Read(kLineStatus) & 1) != 0) {
    Read(kData);
    ++read;
  }
  EXPECT_EQ(read, taken);
  EXPECT_GT(uart_.Receive(much), 0) << "there is room again";
}

TEST_F(UartTest, ReceivedDataInterruptsUntilItIsRead) {
  ConnectInterrupt();
  Write(kEnable, 0x01);
  EXPECT_FALSE(interrupt_.asserted);
  uart_.Receive("x");
  EXPECT_TRUE(interrupt_.asserted);
  EXPECT_EQ(Pending(), 0x04);
  Read(kData);
  EXPECT_FALSE(interrupt_.asserted);
  EXPECT_EQ(Pending(), 0x01);
}

TEST_F(UartTest, WithoutOut2NothingInterrupts) {
  Write(kEnable, 0x01);
  uart_.Receive("x");
  EXPECT_FALSE(interrupt_.asserted);
  EXPECT_EQ(Pending(), 0x04) << "it is pending all the same";
  ConnectInterrupt();
  EXPECT_TRUE(interrupt_.asserted);
}

TEST_F(UartTest, TransmitterEmptyInterruptsOnEnablingAndAfterEachByte) {
  ConnectInterrupt();
  Write(kEnable, 0x02);
  EXPECT_TRUE(interrupt_.asserted);
  EXPECT_EQ(Pending(), 0x02);
  EXPECT_FALSE(interrupt_.asserted) << "reading the identification acknowledges it";
  Write(kData, 'a');
  EXPECT_TRUE(interrupt_.asserted);
  Write(kEnable, 0x00);
  EXPECT_FALSE(interrupt_.asserted);
}

TEST_F(UartTest, ReceivedDataComesBeforeTransmitterEmpty) {
  ConnectInterrupt();
  Write(kEnable, 0x03);
  uart_.Receive("x");
  EXPECT_EQ(Pending(), 0x04);
  Read(kData);
  EXPECT_EQ(Pending(), 0x02) << "still to be told";
}

TEST_F(UartTest, TheFifoBitsShowWhetherItIsOn) {
  EXPECT_EQ(Read(kIdentification) & 0xc0, 0x00);
  Write(kIdentification, 0x01);
  EXPECT_EQ(Read(kIdentification) & 0xc0, 0xc0);
}

TEST_F(UartTest, TheDivisorStandsBehindTheLatch) {
  Write(kLine, 0x83);
  Write(kData, 0x34);
  Write(kEnable, 0x12);
  EXPECT_EQ(Read(kData), 0x34);
  EXPECT_EQ(Read(kEnable), 0x12);
  Write(kLine, 0x03);
  EXPECT_EQ(Read(kEnable), 0x00);
  EXPECT_FALSE(output_.HasOutput()) << "the divisor is no data";
}

TEST_F(UartTest, LoopbackReturnsDataAndModemLines) {
  Write(kModem, 0x1a);  // loop, RTS, OUT2: as Linux looks for a UART
  EXPECT_EQ(Read(kModemStatus) & 0xf0, 0x90);
  Write(kData, 'z');
  EXPECT_FALSE(output_.HasOutput());
  EXPECT_EQ(Read(kLineStatus) & 1, 1);
  EXPECT_EQ(Read(kData), 'z');
}

TEST_F(UartTest, LoopbackOverrunIsTold) {
  Write(kModem, 0x10);
  Write(kData, 'a');
  Write(kData, 'b');  // without FIFO there is room for one
  EXPECT_EQ(Read(kLineStatus) & 0x02, 0x02);
  EXPECT_EQ(Read(kLineStatus) & 0x02, 0x00) << "reading it clears it";
  EXPECT_EQ(Read(kData), 'a');
}

TEST_F(UartTest, InputWaitsWhileTheUartIsInLoopback) {
  Write(kModem, 0x10);
  uart_.Receive("x");
  EXPECT_EQ(Read(kLineStatus) & 1, 0);
  Write(kModem, 0x00);
  EXPECT_EQ(Read(kData), 'x');
}

TEST_F(UartTest, ModemLinesSayWhetherSomethingIsConnected) {
  EXPECT_EQ(Read(kModemStatus), 0xb0);
  SerialOutput dropped(false, [] {});
  FakeInterruptLine line;
  Uart unconnected(false, &dropped, &line);
  EXPECT_EQ(unconnected.Read(kModemStatus, 1), 0x00);
}

TEST_F(UartTest, ATransmitterWhoseOutputIsFullIsBusyUntilThereIsRoom) {
  ConnectInterrupt();
  Write(kEnable, 0x02);
  for (size_t i = 0; i < machine::kSerialHistoryBytes; ++i) Write(kData, '.');
  EXPECT_EQ(Read(kLineStatus) & 0x60, 0x00);
  EXPECT_FALSE(interrupt_.asserted);
  EXPECT_EQ(output_.Take(1000).bytes.size(), 1000);
  uart_.OnOutputRoom();
  EXPECT_TRUE(interrupt_.asserted);
  EXPECT_EQ(Read(kLineStatus) & 0x60, 0x60);
}

TEST_F(UartTest, ResetPutsEverythingBackButWhatWasTyped) {
  Write(kLine, 0x83);
  Write(kModem, 0x1f);
  Write(kScratch, 0x77);
  uart_.Receive("x");
  uart_.Reset();
  EXPECT_EQ(Read(kLine), 0);
  EXPECT_EQ(Read(kModem), 0);
  EXPECT_EQ(Read(kScratch), 0);
  EXPECT_EQ(Read(kEnable), 0);
  EXPECT_FALSE(interrupt_.asserted);
}

TEST_F(UartTest, AnyWriteAnywhereIsHarmless) {
  for (uint32_t offset = 0; offset < Uart::kRegisters; ++offset) {
    for (int value = 0; value < 256; ++value) {
      Write(offset, static_cast<uint8_t>(value));
      for (uint32_t read = 0; read < Uart::kRegisters; ++read) Read(read);
    }
  }
}

TEST(SerialOutput, WithoutAListenerOnlyTheHistoryIsKept) {
  int woken = 0;
  SerialOutput output(false, [&woken] { ++woken; });
  for (int i = 0; i < 100'000; ++i) output.Append('x');
  EXPECT_TRUE(output.HasRoom());
  EXPECT_FALSE(output.HasOutput());
  EXPECT_EQ(output.History().bytes.size(), machine::kSerialHistoryBytes);
  EXPECT_EQ(output.History().end_offset, 100'000);
  EXPECT_EQ(woken, 0);
}

TEST(SerialOutput, WakesOnceUntilItIsTaken) {
  int woken = 0;
  SerialOutput output(true, [&woken] { ++woken; });
  output.Append('a');
  output.Append('b');
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(output.Take(10).bytes, "ab");
  output.Append('c');
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(output.Take(10).offset, 2);
}

TEST(SerialOutput, AGuestThatIgnoresABusyTransmitterLosesTheOldestBytes) {
  SerialOutput output(true, [] {});
  for (size_t i = 0; i < machine::kSerialHistoryBytes + 10; ++i) output.Append('x');
  EXPECT_FALSE(output.HasRoom());
  EXPECT_EQ(output.Take(5).offset, 10) << "the place in the stream shows the loss";
}

}  // namespace
}  // namespace cimvisor::kvm
