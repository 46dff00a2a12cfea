#include "hypervisor-backend/image/byte_source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace cimvisor::image {
namespace {

class FileByteSource final : public ByteSource {
 public:
  FileByteSource(int fd, uint64_t size, absl::string_view what) : fd_(fd), size_(size), what_(what) {}

  uint64_t size() const override { return size_; }

  absl::Status ReadAt(uint64_t offset, absl::Span<uint8_t> buffer) const override {
    if (offset > size_ || buffer.size() > size_ - offset) {
      return absl::OutOfRangeError(absl::StrCat(what_, " ends before byte ", offset, " + ", buffer.size()));
    }
    while (!buffer.empty()) {
      const ssize_t count = ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return absl::UnavailableError(absl::StrCat("cannot read ", what_, ": ", strerror(errno)));
      if (count == 0) return absl::OutOfRangeError(absl::StrCat(what_, " became shorter while it was read"));
      offset += static_cast<uint64_t>(count);
      buffer.remove_prefix(static_cast<size_t>(count));
    }
    return absl::OkStatus();
  }

 private:
  const int fd_;
  const uint64_t size_;
  const std::string what_;
};

}  // namespace

absl::Status MemoryByteSource::ReadAt(uint64_t offset, absl::Span<uint8_t> buffer) const {
  if (offset > bytes_.size() || buffer.size() > bytes_.size() - offset) {
    return absl::OutOfRangeError(absl::StrCat("the bytes end before ", offset, " + ", buffer.size()));
  }
  if (!buffer.empty()) memcpy(buffer.data(), bytes_.data() + offset, buffer.size());
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ByteSource>> MakeFileByteSource(int fd, absl::string_view what) {
  struct stat file;
  if (::fstat(fd, &file) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(what, " is no open file: ", strerror(errno)));
  }
  if (!S_ISREG(file.st_mode)) return absl::InvalidArgumentError(absl::StrCat(what, " is no regular file"));
  return std::make_unique<FileByteSource>(fd, static_cast<uint64_t>(file.st_size), what);
}

}  // namespace cimvisor::image
