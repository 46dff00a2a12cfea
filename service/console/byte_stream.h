// Byte streams behind an object path: a serial port; later a screen.
//
// The room's own parts: ByteStreamSource is what a provider implements, ByteStreamHub (byte_stream_hub.h) is the
// bounded ring that most sources are made of, ConsoleDirectory (console_directory.h) checks the right and finds the
// source of a path.
#ifndef CIMVISOR_SERVICE_CONSOLE_BYTE_STREAM_H_
#define CIMVISOR_SERVICE_CONSOLE_BYTE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/cim/object_path.h"
#include "service/security/caller.h"

namespace cimvisor::console {

// What one Read found. Nothing at all (no data, not closed) means: wait for the notification.
struct Chunk {
  std::string data;
  uint64_t skipped_bytes = 0;  // bytes before `data` that the reader was too slow to get
  bool closed = false;         // the stream has ended and `data` holds its last bytes
  std::string closed_reason;   // "the machine was turned off"
};

// One attachment. A reader pulls at its own pace, so that nothing is queued for it; one that falls behind by more than
// the source keeps is told how many bytes it missed. Destroying it detaches and gives back the writer's place. One
// thread at a time reads, and one writes; a read and a write may go side by side.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  virtual bool writable() const = 0;
  // What the first reads will bring from before the attachment, and whether older bytes are gone.
  virtual uint64_t history_bytes() const = 0;
  virtual bool history_truncated() const = 0;

  // At most `limit` bytes (> 0), at once: never blocks.
  virtual Chunk Read(size_t limit) = 0;

  // Gives bytes to the object. Returns how many were taken; the caller keeps the rest and tries again. Never blocks.
  // kPermissionDenied when the attachment does not hold the writer's place; kUnavailable when the stream has ended.
  virtual absl::StatusOr<size_t> Write(absl::string_view bytes) = 0;
};

struct OpenRequest {
  security::Caller caller;
  cim::ObjectPath path;  // with its namespace
  bool write = false;    // claim the writer's place
  bool history = true;
  // Called when a Read that found nothing would now find data or the end: at most once for each such Read, on any
  // thread, possibly before Open returns. Must return soon and must not call the stream. Never called once the
  // stream's destructor has returned. Must not be empty.
  std::function<void()> on_readable;
};

// What a provider implements. Thread-safe. The caller's right was checked before.
class ByteStreamSource {
 public:
  virtual ~ByteStreamSource() = default;

  // CIM_ERR_NOT_FOUND when there is no such object or it has no stream (with the reason: "the machine is off");
  // kFailedPrecondition when the writer's place is asked for and taken.
  virtual absl::StatusOr<std::unique_ptr<ByteStream>> Open(OpenRequest request) = 0;
};

}  // namespace cimvisor::console

#endif  // CIMVISOR_SERVICE_CONSOLE_BYTE_STREAM_H_
