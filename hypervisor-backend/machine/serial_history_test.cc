#include "hypervisor-backend/machine/serial_history.h"

#include <gtest/gtest.h>

#include <string>

namespace cimvisor::machine {
namespace {

TEST(SerialRing, HoldsWhatWasWritten) {
  SerialRing ring;
  EXPECT_EQ(ring.History().bytes, "");
  ring.Append("hello ");
  ring.Append("world");
  EXPECT_EQ(ring.History().bytes, "hello world");
  EXPECT_EQ(ring.History().end_offset, 11u);
  EXPECT_EQ(ring.begin_offset(), 0u);
}

TEST(SerialRing, ForgetsTheOldest) {
  SerialRing ring;
  std::string all;
  for (int i = 0; all.size() < 3 * kSerialHistoryBytes; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    ring.Append(line);
    all += line;
  }
  EXPECT_EQ(ring.end_offset(), all.size());
  EXPECT_EQ(ring.History().bytes, all.substr(all.size() - kSerialHistoryBytes));
}

TEST(SerialRing, OneWriteLargerThanTheRing) {
  SerialRing ring;
  ring.Append("x");
  std::string large(kSerialHistoryBytes + 10, 'a');
  large.back() = 'z';
  ring.Append(large);
  EXPECT_EQ(ring.end_offset(), large.size() + 1);
  EXPECT_EQ(ring.History().bytes, large.substr(10));
}

TEST(SerialRing, ReadsFromAnOffset) {
  SerialRing ring;
  ring.Append("0123456789");
  uint64_t offset = 4;
  EXPECT_EQ(ring.ReadFrom(&offset, 3), "456");
  EXPECT_EQ(offset, 4u);
  offset = 100;
  EXPECT_EQ(ring.ReadFrom(&offset, 3), "");
  EXPECT_EQ(offset, 10u);
  ring.Append(std::string(kSerialHistoryBytes, 'b'));
  offset = 0;
  EXPECT_EQ(ring.ReadFrom(&offset, 2), "bb");
  EXPECT_EQ(offset, 10u);
}

TEST(SerialRing, SkipsWhatWasLost) {
  SerialRing ring;
  ring.Append("before");
  ring.SkipTo(3);  // not later: nothing happens
  EXPECT_EQ(ring.History().bytes, "before");
  ring.SkipTo(1000);
  ring.Append("after");
  EXPECT_EQ(ring.begin_offset(), 1000u);
  EXPECT_EQ(ring.History().bytes, "after");
  EXPECT_EQ(ring.History().end_offset, 1005u);
}

}  // namespace
}  // namespace cimvisor::machine
