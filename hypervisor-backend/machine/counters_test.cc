#include "hypervisor-backend/machine/counters.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "hypervisor-backend/machine/file_descriptor.h"

namespace cimvisor::machine {
namespace {

FileDescriptor MakePage(off_t size) {
  FileDescriptor fd(::memfd_create("counters", MFD_CLOEXEC));
  EXPECT_EQ(::ftruncate(fd.get(), size), 0);
  return fd;
}

TEST(Counters, NothingPublishedReadsAsNothing) {
  const FileDescriptor fd = MakePage(kCountersPageSize);
  const auto page = CountersMapping::Map(fd.get(), false);
  ASSERT_TRUE(page.ok());
  const auto counters = page->Read();
  ASSERT_TRUE(counters.ok());
  EXPECT_EQ(counters->uptime, absl::ZeroDuration());
  EXPECT_TRUE(counters->processor_nanoseconds.empty());
}

TEST(Counters, AReaderInAnotherMappingSeesWhatWasPublished) {
  const FileDescriptor fd = MakePage(kCountersPageSize);
  auto writer = CountersMapping::Map(fd.get(), true);
  const auto reader = CountersMapping::Map(fd.get(), false);
  ASSERT_TRUE(writer.ok() && reader.ok());
  const uint64_t processors[] = {11, 22, 33};
  writer->Publish({.uptime_nanoseconds = 5'000'000'000,
                   .running_since = 0,
                   .memory_resident_bytes = 4096,
                   .exits = 9,
                   .userspace_exits = 7,
                   .processor_nanoseconds = processors});
  const auto counters = reader->Read();
  ASSERT_TRUE(counters.ok());
  EXPECT_EQ(counters->uptime, absl::Seconds(5));
  EXPECT_EQ(counters->memory_resident_bytes, 4096);
  EXPECT_EQ(counters->exits, 9);
  EXPECT_EQ(counters->userspace_exits, 7);
  EXPECT_EQ(counters->processor_nanoseconds, (std::vector<uint64_t>{11, 22, 33}));
}

TEST(Counters, UptimeRunsOnBetweenPublications) {
  auto page = CountersMapping::MapPrivate();
  ASSERT_TRUE(page.ok());
  page->Publish({.uptime_nanoseconds = 1'000'000'000, .running_since = MonotonicNanoseconds() - 60'000'000'000});
  const auto counters = page->Read();
  ASSERT_TRUE(counters.ok());
  EXPECT_GE(counters->uptime, absl::Seconds(61));
}

TEST(Counters, AFileThatIsTooShortIsRefused) {
  const FileDescriptor fd = MakePage(kCountersPageSize - 1);
  EXPECT_EQ(CountersMapping::Map(fd.get(), false).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CountersMapping::Map(-1, false).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Counters, AnotherPageIsDataLoss) {
  const FileDescriptor fd = MakePage(kCountersPageSize);
  const uint64_t even_sequence = 2;
  ASSERT_EQ(::pwrite(fd.get(), &even_sequence, sizeof even_sequence, offsetof(CountersPage, sequence)), 8);
  const auto page = CountersMapping::Map(fd.get(), false);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->Read().status().code(), absl::StatusCode::kDataLoss);
}

TEST(Counters, AWriterThatDiedInTheMiddleBlocksNobody) {
  const FileDescriptor fd = MakePage(kCountersPageSize);
  auto page = CountersMapping::Map(fd.get(), true);
  ASSERT_TRUE(page.ok());
  page->Publish({.exits = 1});
  const uint64_t odd_sequence = 3;
  ASSERT_EQ(::pwrite(fd.get(), &odd_sequence, sizeof odd_sequence, offsetof(CountersPage, sequence)), 8);
  EXPECT_EQ(page->Read().status().code(), absl::StatusCode::kUnavailable);
  page->Publish({.exits = 2});
  ASSERT_TRUE(page->Read().ok());
  EXPECT_EQ(page->Read()->exits, 2);
}

TEST(Counters, AReaderNeverSeesHalfAPublication) {
  auto page = CountersMapping::MapPrivate();
  ASSERT_TRUE(page.ok());
  std::atomic<bool> done{false};
  std::thread writer([&page, &done] {
    for (uint64_t i = 1; i <= 200'000; ++i) {
      page->Publish({.memory_resident_bytes = i, .exits = i, .userspace_exits = i, .processor_nanoseconds = {&i, 1}});
    }
    done = true;
  });
  while (!done) {
    const auto counters = page->Read();
    if (!counters.ok() || counters->processor_nanoseconds.empty()) continue;
    ASSERT_EQ(counters->exits, counters->userspace_exits);
    ASSERT_EQ(counters->exits, counters->memory_resident_bytes);
    ASSERT_EQ(counters->exits, counters->processor_nanoseconds[0]);
  }
  writer.join();
}

}  // namespace
}  // namespace cimvisor::machine
