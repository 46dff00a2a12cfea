// The far end of a machine's serial port: what the guest wrote, what it writes, and a way to type.
//
// A port outlives the runs of its machine: an attachment made before a start sees the guest's first byte, and one that
// spans a reset or a restart goes on. It ends when its machine is destroyed, or when its owner drops it.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_SERIAL_CONSOLE_H_
#define CIMVISOR_PROVIDERS_INVENTORY_SERIAL_CONSOLE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cimvisor::inventory {

inline constexpr size_t kSerialHistoryBytes = 64 * 1024;  // what the port remembers
inline constexpr size_t kSerialBufferBytes = 256 * 1024;  // what waits for a slow reader

// What an attachment read.
struct SerialChunk {
  std::string bytes;        // empty: nothing new
  uint64_t lost_bytes = 0;  // overwritten before these bytes, because the reader was slow
  bool ended = false;       // nothing will follow these bytes
  std::string end_reason;   // in words, when ended: "the machine was destroyed"
};

// One reader of a port, and its writer if it asked to be. Thread-safe. Destroy it to detach: `on_readable` is not
// called after the destructor has returned.
class SerialAttachment {
 public:
  virtual ~SerialAttachment() = default;

  // How many bytes of history come first, and whether older output was forgotten.
  virtual uint64_t history_bytes() const = 0;
  virtual bool history_truncated() const = 0;
  virtual bool writable() const = 0;

  // Takes at most `limit` bytes of what waits. Never blocks.
  virtual SerialChunk Read(size_t limit) = 0;

  // Types. Returns how many bytes the machine took; the rest again later (its queue is bounded). kInvalidState when the
  // machine is off or this attachment is no writer.
  virtual absl::StatusOr<size_t> Write(absl::string_view bytes) = 0;
};

struct SerialAttachOptions {
  bool write = false;   // claim the writer's place; kInUse when it is taken
  bool history = true;  // begin with what the port remembers
  // Called, on any thread, when Read would return something new: once until the next Read. Must return soon and not
  // call the attachment. May be empty.
  std::function<void()> on_readable;
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_SERIAL_CONSOLE_H_
