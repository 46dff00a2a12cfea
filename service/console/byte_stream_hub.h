// A bounded ring of bytes with any number of readers and one writer: what a ByteStreamSource is usually made of.
#ifndef CIMVISOR_SERVICE_CONSOLE_BYTE_STREAM_HUB_H_
#define CIMVISOR_SERVICE_CONSOLE_BYTE_STREAM_HUB_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/console/byte_stream.h"

namespace cimvisor::console {

// Keeps the last `capacity` bytes. A reader is an offset into the ring: it costs no thread and no buffer, and a slow
// one loses the oldest bytes (Chunk::skipped_bytes) while it holds up nobody. Memory grows with what was written, up to
// the capacity. Thread-safe. Attachments keep what they need alive, so a hub may be destroyed before them; that closes
// it.
class ByteStreamHub {
 public:
  // Takes input for the object; returns how many bytes were taken. Called without a lock held.
  using Writer = std::function<absl::StatusOr<size_t>(absl::string_view bytes)>;
  static constexpr size_t kDefaultCapacity = 64 * 1024;

  explicit ByteStreamHub(Writer writer, size_t capacity = kDefaultCapacity);
  ~ByteStreamHub();
  ByteStreamHub(const ByteStreamHub&) = delete;
  ByteStreamHub& operator=(const ByteStreamHub&) = delete;

  // What the object wrote. Ignored after Close. Wakes the readers that wait; never blocks on them.
  void Append(absl::string_view bytes);

  // Puts in what was written before the service knew the object (a worker that was adopted): `bytes` are the last of
  // `end_offset` bytes in all. Only before the first Append; later calls are ignored, for then the ring is newer.
  void SetHistory(absl::string_view bytes, uint64_t end_offset);

  // The object has ended. Readers get the rest of the bytes and then the reason; the history stays for those who attach
  // later. The first reason counts.
  void Close(std::string reason);

  // A new reader; with `write` also the one writer: kFailedPrecondition while somebody else has that place.
  absl::StatusOr<std::unique_ptr<ByteStream>> Attach(const OpenRequest& request);

  // Bytes appended in all, with the history.
  uint64_t end_offset() const;

 private:
  class Core;
  class Attachment;
  std::shared_ptr<Core> core_;
};

}  // namespace cimvisor::console

#endif  // CIMVISOR_SERVICE_CONSOLE_BYTE_STREAM_HUB_H_
