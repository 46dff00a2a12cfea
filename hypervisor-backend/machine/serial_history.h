// The last bytes of a serial port's output, with their place in the whole stream.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_MACHINE_SERIAL_HISTORY_H_
#define CIMVISOR_HYPERVISOR_BACKEND_MACHINE_SERIAL_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::machine {

inline constexpr size_t kSerialHistoryBytes = 64 * 1024;

// A ring of kSerialHistoryBytes, allocated by the first byte. Not thread-safe.
class SerialRing {
 public:
  // Appends `bytes` and forgets what no longer fits.
  void Append(absl::string_view bytes);
  // Continues at `offset`, later than end_offset(): what lies between was lost, so what was held is forgotten.
  void SkipTo(uint64_t offset);

  uint64_t begin_offset() const { return end_offset_ - bytes_held_; }  // of the oldest byte held
  uint64_t end_offset() const { return end_offset_; }                  // after the newest byte

  // At most `limit` bytes from `*offset` on; `*offset` is first moved up to begin_offset() if it lies before it.
  std::string ReadFrom(uint64_t* offset, size_t limit) const;
  Machine::SerialHistory History() const;

 private:
  std::string ring_;  // empty or kSerialHistoryBytes; the byte at stream offset n stands at n % kSerialHistoryBytes
  size_t bytes_held_ = 0;
  uint64_t end_offset_ = 0;
};

}  // namespace cimvisor::machine

#endif  // CIMVISOR_HYPERVISOR_BACKEND_MACHINE_SERIAL_HISTORY_H_
