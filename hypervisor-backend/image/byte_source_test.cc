#include "hypervisor-backend/image/byte_source.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <string>

namespace cimvisor::image {
namespace {

using ::testing::HasSubstr;

TEST(ByteSource, AFileIsReadAtAnyPlace) {
  const int fd = ::memfd_create("file", MFD_CLOEXEC);
  ASSERT_EQ(::write(fd, "0123456789", 10), 10);
  const auto source = MakeFileByteSource(fd, "the kernel");
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->size(), 10);
  std::array<uint8_t, 3> bytes;
  ASSERT_TRUE((*source)->ReadAt(7, absl::MakeSpan(bytes)).ok());
  EXPECT_EQ(bytes, (std::array<uint8_t, 3>{'7', '8', '9'}));
  EXPECT_EQ((*source)->ReadAt(8, absl::MakeSpan(bytes)).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ((*source)->ReadAt(~uint64_t{0}, absl::MakeSpan(bytes)).code(), absl::StatusCode::kOutOfRange);
  ::close(fd);
}

TEST(ByteSource, AFileThatShrinksIsNoticed) {
  const int fd = ::memfd_create("file", MFD_CLOEXEC);
  ASSERT_EQ(::ftruncate(fd, 100), 0);
  const auto source = MakeFileByteSource(fd, "the kernel");
  ASSERT_TRUE(source.ok());
  ASSERT_EQ(::ftruncate(fd, 10), 0);
  std::array<uint8_t, 100> bytes;
  const absl::Status status = (*source)->ReadAt(0, absl::MakeSpan(bytes));
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(status.message()), HasSubstr("the kernel became shorter"));
  ::close(fd);
}

TEST(ByteSource, OnlyRegularFiles) {
  const int folder = ::open("/", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(MakeFileByteSource(folder, "the initrd").status().code(), absl::StatusCode::kInvalidArgument);
  ::close(folder);
  const int device = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  EXPECT_THAT(std::string(MakeFileByteSource(device, "the initrd").status().message()),
              HasSubstr("the initrd is no regular file"));
  ::close(device);
  EXPECT_FALSE(MakeFileByteSource(-1, "the initrd").ok());
}

TEST(ByteSource, Memory) {
  const std::array<uint8_t, 4> bytes = {1, 2, 3, 4};
  const MemoryByteSource source(bytes);
  std::array<uint8_t, 2> read;
  ASSERT_TRUE(source.ReadAt(2, absl::MakeSpan(read)).ok());
  EXPECT_EQ(read[1], 4);
  EXPECT_FALSE(source.ReadAt(3, absl::MakeSpan(read)).ok());
  EXPECT_TRUE(source.ReadAt(4, absl::Span<uint8_t>()).ok());
}

}  // namespace
}  // namespace cimvisor::image
