// Random access to bytes that somebody else wrote: a file, or memory in tests.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_IMAGE_BYTE_SOURCE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_IMAGE_BYTE_SOURCE_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace cimvisor::image {

// The size is that of the moment of opening; a file that shrinks afterwards gives kOutOfRange.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual uint64_t size() const = 0;
  // Fills `buffer` from `offset`. kOutOfRange when that many bytes are not there.
  virtual absl::Status ReadAt(uint64_t offset, absl::Span<uint8_t> buffer) const = 0;
};

// Bytes in memory, which must outlive the source.
class MemoryByteSource final : public ByteSource {
 public:
  explicit MemoryByteSource(absl::Span<const uint8_t> bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  absl::Status ReadAt(uint64_t offset, absl::Span<uint8_t> buffer) const override;

 private:
  absl::Span<const uint8_t> bytes_;
};

// A regular file or memfd behind `fd`, which is not closed and must outlive the source. `what` names it in errors ("the
// kernel"). kInvalidArgument for anything that is no regular file.
absl::StatusOr<std::unique_ptr<ByteSource>> MakeFileByteSource(int fd, absl::string_view what);

}  // namespace cimvisor::image

#endif  // CIMVISOR_HYPERVISOR_BACKEND_IMAGE_BYTE_SOURCE_H_
