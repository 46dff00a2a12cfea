#include "providers/inventory/serial_port_hub.h"

#include <string>

#include "gtest/gtest.h"
#include "providers/inventory/errors.h"

namespace cimvisor::inventory {
namespace {

class SerialPortHubTest : public ::testing::Test {
 protected:
  std::unique_ptr<SerialAttachment> Attach(bool write = false, bool history = true) {
    SerialAttachOptions options;
    options.write = write;
    options.history = history;
    options.on_readable = [this] { ++notified_; };
    auto attachment = hub_->Attach(std::move(options));
    EXPECT_TRUE(attachment.ok()) << attachment.status();
    return attachment.ok() ? *std::move(attachment) : nullptr;
  }
  static std::string ReadAll(SerialAttachment& attachment) {
    std::string text;
    for (SerialChunk chunk = attachment.Read(7); !chunk.bytes.empty(); chunk = attachment.Read(7)) text += chunk.bytes;
    return text;
  }

  std::string typed_;
  int notified_ = 0;
  std::shared_ptr<SerialPortHub> hub_ =
      std::make_shared<SerialPortHub>([this](absl::string_view bytes) -> absl::StatusOr<size_t> {
        typed_.append(bytes.data(), bytes.size());
        return bytes.size();
      });
};

TEST_F(SerialPortHubTest, BringsTheHistoryAndThenWhatComes) {
  hub_->Output(0, "hello ");
  const auto reader = Attach();
  EXPECT_EQ(reader->history_bytes(), 6U);
  EXPECT_FALSE(reader->history_truncated());
  hub_->Output(6, "world");
  EXPECT_EQ(ReadAll(*reader), "hello world");
  const auto late = Attach(false, false);
  EXPECT_EQ(ReadAll(*late), "") << "without history";
}

TEST_F(SerialPortHubTest, NotifiesOnceAfterAReadThatFoundNothing) {
  const auto reader = Attach();
  hub_->Output(0, "a");
  EXPECT_EQ(notified_, 0) << "nobody read yet";
  EXPECT_EQ(ReadAll(*reader), "a");
  hub_->Output(1, "b");
  hub_->Output(2, "c");
  EXPECT_EQ(notified_, 1);
  EXPECT_EQ(reader->Read(1).bytes, "b");
  hub_->Output(3, "d");
  EXPECT_EQ(notified_, 1) << "the reader has not come to the end";
}

TEST_F(SerialPortHubTest, WhatIsKnownAlreadyIsNotRepeated) {
  const auto reader = Attach();
  hub_->Output(0, "abcd");
  hub_->Output(2, "cdef");
  hub_->Output(0, "ab");
  EXPECT_EQ(ReadAll(*reader), "abcdef");
}

TEST_F(SerialPortHubTest, AGapIsCountedAsLost) {
  const auto reader = Attach();
  hub_->Output(0, "ab");
  EXPECT_EQ(ReadAll(*reader), "ab");
  hub_->Output(10, "xy");
  const SerialChunk chunk = reader->Read(100);
  EXPECT_EQ(chunk.lost_bytes, 8U);
  EXPECT_EQ(chunk.bytes, "xy");
}

TEST_F(SerialPortHubTest, WhatIsHeardBeforeTheHistoryWaitsForIt) {
  hub_->Hold();
  hub_->Output(10, "abc");
  hub_->Output(13, "def");
  const auto reader = Attach();
  EXPECT_EQ(ReadAll(*reader), "");
  hub_->Replay(2, "23456789abc");
  EXPECT_EQ(notified_, 1);
  const SerialChunk chunk = reader->Read(100);
  EXPECT_EQ(chunk.lost_bytes, 2U) << "older than the history";
  EXPECT_EQ(chunk.bytes, "23456789abcdef");
  hub_->Output(16, "g");
  EXPECT_EQ(ReadAll(*reader), "g") << "nothing waits any more";
}

TEST_F(SerialPortHubTest, WhatWaitsIsBounded) {
  hub_->Hold();
  const std::string piece(64 * 1024, 'x');
  uint64_t written = 0;
  for (int i = 0; i < 20; ++i, written += piece.size()) hub_->Output(written, piece);
  const auto reader = Attach();
  hub_->Replay(0, "");
  const SerialChunk chunk = reader->Read(100 * piece.size());
  EXPECT_EQ(chunk.lost_bytes + chunk.bytes.size(), written);
  EXPECT_LE(chunk.bytes.size(), kSerialBufferBytes);
}

TEST_F(SerialPortHubTest, AnotherRunGoesOnInTheSameStream) {
  const auto reader = Attach();
  hub_->Output(0, "first ");
  hub_->BeginRun();
  hub_->Output(0, "second");
  EXPECT_EQ(ReadAll(*reader), "first second");
}

TEST_F(SerialPortHubTest, ASlowReaderIsToldWhatItMissed) {
  const auto reader = Attach();
  const std::string line(1000, 'x');
  uint64_t written = 0;
  for (; written < 3 * kSerialBufferBytes; written += line.size()) hub_->Output(written, line);
  uint64_t seen = 0;
  for (SerialChunk chunk = reader->Read(4096); !chunk.bytes.empty(); chunk = reader->Read(4096)) {
    seen += chunk.lost_bytes + chunk.bytes.size();
  }
  EXPECT_EQ(seen, written) << "each byte is read or counted as lost";
  const auto late = Attach();
  EXPECT_EQ(late->history_bytes(), kSerialHistoryBytes);
  EXPECT_TRUE(late->history_truncated());
}

TEST_F(SerialPortHubTest, OnePieceLargerThanTheRingIsCut) {
  const auto reader = Attach();
  hub_->Output(0, std::string(kSerialBufferBytes, 'a') + "the end");
  const SerialChunk chunk = reader->Read(2 * kSerialBufferBytes);
  EXPECT_EQ(chunk.lost_bytes, 7U);
  EXPECT_EQ(chunk.bytes.size(), kSerialBufferBytes);
  EXPECT_EQ(chunk.bytes.substr(chunk.bytes.size() - 7), "the end");
}

TEST_F(SerialPortHubTest, OneWriterAtATime) {
  auto writer = Attach(true);
  EXPECT_TRUE(writer->writable());
  EXPECT_EQ(*writer->Write("ls\n"), 3U);
  EXPECT_EQ(typed_, "ls\n");
  SerialAttachOptions options;
  options.write = true;
  EXPECT_EQ(KindOf(hub_->Attach(options).status()), ErrorKind::kInUse);
  const auto reader = Attach();
  EXPECT_EQ(KindOf(reader->Write("x").status()), ErrorKind::kInvalidState);
  writer.reset();
  EXPECT_TRUE(hub_->Attach(options).ok()) << "the place is free again";
}

TEST_F(SerialPortHubTest, TheEndComesAfterTheLastBytes) {
  const auto reader = Attach();
  EXPECT_EQ(ReadAll(*reader), "");
  hub_->Output(0, "bye");
  hub_->End("the machine was destroyed");
  EXPECT_EQ(notified_, 1);
  const SerialChunk part = reader->Read(2);
  EXPECT_EQ(part.bytes, "by");
  EXPECT_FALSE(part.ended);
  const SerialChunk last = reader->Read(2);
  EXPECT_EQ(last.bytes, "e");
  EXPECT_TRUE(last.ended);
  EXPECT_EQ(last.end_reason, "the machine was destroyed");
}

TEST_F(SerialPortHubTest, AnAttachmentKeepsItsPortAlive) {
  hub_->Output(0, "kept");
  const auto reader = Attach();
  hub_.reset();
  EXPECT_EQ(ReadAll(*reader), "kept");
}

}  // namespace
}  // namespace cimvisor::inventory
