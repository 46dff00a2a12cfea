#include "service/console/byte_stream_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"

namespace cimvisor::console {
namespace {

OpenRequest Request(
    bool write = false, bool history = true, std::function<void()> on_readable = [] {}) {
  OpenRequest request;
  request.write = write;
  request.history = history;
  request.on_readable = std::move(on_readable);
  return request;
}

TEST(ByteStreamHubTest, AReaderGetsHistoryAndThenWhatComes) {
  ByteStreamHub hub(nullptr);
  hub.Append("before ");
  auto stream = hub.Attach(Request());
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ((*stream)->history_bytes(), 7u);
  EXPECT_FALSE((*stream)->history_truncated());
  hub.Append("after");
  EXPECT_EQ((*stream)->Read(100).data, "before after");
  EXPECT_EQ((*stream)->Read(100).data, "");
}

TEST(ByteStreamHubTest, WithoutHistoryAReaderGetsOnlyWhatComes) {
  ByteStreamHub hub(nullptr);
  hub.Append("before");
  auto stream = hub.Attach(Request(false, false));
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ((*stream)->history_bytes(), 0u);
  hub.Append("after");
  EXPECT_EQ((*stream)->Read(100).data, "after");
}

TEST(ByteStreamHubTest, ReadTakesNoMoreThanItsLimit) {
  ByteStreamHub hub(nullptr);
  hub.Append("abcdef");
  auto stream = hub.Attach(Request());
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ((*stream)->Read(4).data, "abcd");
  EXPECT_EQ((*stream)->Read(4).data, "ef");
}

TEST(ByteStreamHubTest, ASlowReaderLosesTheOldestBytesAndIsTold) {
  ByteStreamHub hub(nullptr, 8);
  auto stream = hub.Attach(Request());
  ASSERT_TRUE(stream.ok());
  hub.Append("0123456789");
  hub.Append("ab");
  Chunk chunk = (*stream)->Read(100);
  EXPECT_EQ(chunk.skipped_bytes, 4u);
  EXPECT_EQ(chunk.data, "456789ab");
  EXPECT_EQ(hub.end_offset(), 12u);
}

// Every size of writes against every size of reads, over several turns of the ring.
TEST(ByteStreamHubTest, TheRingKeepsTheOrderOfTheBytes) {
  for (size_t capacity = 1; capacity <= 9; ++capacity) {
    for (size_t step = 1; step <= capacity; ++step) {
      ByteStreamHub hub(nullptr, capacity);
      auto stream = hub.Attach(Request());
      ASSERT_TRUE(stream.ok());
      std::string written;
      std::string read;
      for (int i = 0; i < 40; ++i) {
        std::string piece;
        for (size_t k = 0; k < step; ++k) piece.push_back(static_cast<char>('a' + (written.size() + k) % 26));
        hub.Append(piece);
        written += piece;
        Chunk chunk = (*stream)->Read(capacity);
        EXPECT_EQ(chunk.skipped_bytes, 0u);
        read += chunk.data;
      }
      EXPECT_EQ(read, written) << "capacity " << capacity << " step " << step;
    }
  }
}

TEST(ByteStreamHubTest, HistoryIsBoundedAndSaysThatItIsTruncated) {
  ByteStreamHub hub(nullptr, 4);
  hub.Append("abcdefgh");
  auto stream = hub.Attach(Request());
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ((*stream)->history_bytes(), 4u);
  EXPECT_TRUE((*stream)->history_truncated());
  EXPECT_EQ((*stream)->Read(100).data, "efgh");
}

TEST(ByteStreamHubTest, AdoptedHistoryKeepsItsOffsets) {
  ByteStreamHub hub(nullptr);
  hub.SetHistory("tail", 1000);
  EXPECT_EQ(hub.end_offset(), 1000u);
  auto stream = hub.Attach(Request());
  ASSERT_TRUE(stream.ok());
  EXPECT_TRUE((*stream)->history_truncated());
  hub.Append("!");
  EXPECT_EQ((*stream)->Read(100).data, "tail!");
  hub.SetHistory("late", 2000);  // the ring is newer
  EXPECT_EQ(hub.end_offset(), 1001u);
}

TEST(ByteStreamHubTest, ImpossibleHistoryIsIgnored) {
  ByteStreamHub hub(nullptr);
  hub.SetHistory("longer than its end", 3);
  EXPECT_EQ(hub.end_offset(), 0u);
}

TEST(ByteStreamHubTest, TheEndComesAfterTheLastByteAndWithItsReason) {
  ByteStreamHub hub(nullptr);
  auto stream = hub.Attach(Request());
  ASSERT_TRUE(stream.ok());
  hub.Append("bye");
  hub.Close("the machine was turned off");
  hub.Close("a later reason");
  hub.Append("ignored");
  Chunk first = (*stream)->Read(2);
  EXPECT_EQ(first.data, "by");
  EXPECT_FALSE(first.closed);
  Chunk last = (*stream)->Read(100);
  EXPECT_EQ(last.data, "e");
  EXPECT_TRUE(last.closed);
  EXPECT_EQ(last.closed_reason, "the machine was turned off");
}

TEST(ByteStreamHubTest, OneWriterAtATime) {
  std::string written;
  ByteStreamHub hub([&](absl::string_view bytes) -> absl::StatusOr<size_t> {
    bytes = bytes.substr(0, 3);
    written.append(bytes.data(), bytes.size());
    return bytes.size();
  });
  auto first = hub.Attach(Request(true));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(hub.Attach(Request(true)).status().code(), absl::StatusCode::kFailedPrecondition);
  auto reader = hub.Attach(Request());
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->Write("x").status().code(), absl::StatusCode::kPermissionDenied);
  auto taken = (*first)->Write("hello");
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(*taken, 3u);
  EXPECT_EQ(written, "hel");
  first->reset();  // gives the place back
  EXPECT_TRUE(hub.Attach(Request(true)).ok());
}

TEST(ByteStreamHubTest, WritingAfterTheEndSaysWhy) {
  ByteStreamHub hub([](absl::string_view bytes) -> absl::StatusOr<size_t> { return bytes.size(); });
  auto stream = hub.Attach(Request(true));
  ASSERT_TRUE(stream.ok());
  hub.Close("the machine was turned off");
  auto taken = (*stream)->Write("x");
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(taken.status().message(), "the machine was turned off");
}

TEST(ByteStreamHubTest, NotifiesOncePerEmptyRead) {
  ByteStreamHub hub(nullptr);
  int notified = 0;
  auto stream = hub.Attach(Request(false, true, [&] { ++notified; }));
  ASSERT_TRUE(stream.ok());
  hub.Append("a");
  EXPECT_EQ(notified, 0);  // nobody waits
  (*stream)->Read(10);
  (*stream)->Read(10);  // empty: waits now
  (*stream)->Read(10);
  hub.Append("b");
  hub.Append("c");
  EXPECT_EQ(notified, 1);
  (*stream)->Read(10);
  (*stream)->Read(10);
  hub.Close("done");
  EXPECT_EQ(notified, 2);
}

TEST(ByteStreamHubTest, AnAttachmentOutlivesItsHub) {
  auto hub = std::make_unique<ByteStreamHub>(nullptr);
  hub->Append("last words");
  auto stream = hub->Attach(Request());
  ASSERT_TRUE(stream.ok());
  hub.reset();
  Chunk chunk = (*stream)->Read(100);
  EXPECT_EQ(chunk.data, "last words");
  EXPECT_TRUE(chunk.closed);
}

// A reader on its own thread, woken by notifications alone, misses no byte of a writer that keeps within the ring.
TEST(ByteStreamHubTest, WakesAReaderOnAnotherThread) {
  ByteStreamHub hub(nullptr, 1 << 20);
  absl::Mutex mutex;
  bool readable = true;
  auto stream = hub.Attach(Request(false, true, [&] {
    absl::MutexLock lock(&mutex);
    readable = true;
  }));
  ASSERT_TRUE(stream.ok());
  std::thread writer([&] {
    for (int i = 0; i < 2000; ++i) hub.Append("0123456789");
    hub.Close("end");
  });
  size_t total = 0;
  for (bool closed = false; !closed;) {
    Chunk chunk = (*stream)->Read(1000);
    total += chunk.data.size();
    closed = chunk.closed;
    if (closed || !chunk.data.empty()) continue;
    absl::MutexLock lock(&mutex);
    mutex.Await(absl::Condition(&readable));
    readable = false;
  }
  writer.join();
  EXPECT_EQ(total, 20000u);
}

TEST(ByteStreamHubTest, NoNotificationAfterDestruction) {
  ByteStreamHub hub(nullptr);
  for (int i = 0; i < 200; ++i) {
    auto alive = std::make_shared<bool>(true);
    auto stream = hub.Attach(Request(false, false, [alive] { EXPECT_TRUE(*alive); }));
    ASSERT_TRUE(stream.ok());
    (*stream)->Read(1);
    std::thread appender([&] { hub.Append("x"); });
    stream->reset();
    *alive = false;
    appender.join();
  }
}

}  // namespace
}  // namespace cimvisor::console
