#include "hypervisor-backend/machine/serial_history.h"

#include <algorithm>

namespace cimvisor::machine {

void SerialRing::Append(absl::string_view bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > kSerialHistoryBytes) {
    end_offset_ += bytes.size() - kSerialHistoryBytes;
    bytes.remove_prefix(bytes.size() - kSerialHistoryBytes);
  }
  // Sized once: a guest that prints at all usually fills it.
  if (ring_.empty()) ring_.resize(kSerialHistoryBytes);
  const size_t position = end_offset_ % kSerialHistoryBytes;
  const size_t first = std::min(bytes.size(), kSerialHistoryBytes - position);
  std::copy_n(bytes.data(), first, ring_.data() + position);
  std::copy_n(bytes.data() + first, bytes.size() - first, ring_.data());
  end_offset_ += bytes.size();
  bytes_held_ = std::min(bytes_held_ + bytes.size(), kSerialHistoryBytes);
}

void SerialRing::SkipTo(uint64_t offset) {
  if (offset <= end_offset_) return;
  end_offset_ = offset;
  bytes_held_ = 0;
}

std::string SerialRing::ReadFrom(uint64_t* offset, size_t limit) const {
  *offset = std::clamp(*offset, begin_offset(), end_offset_);
  const size_t count = std::min<size_t>(limit, end_offset_ - *offset);
  std::string bytes;
  if (count == 0) return bytes;
  bytes.reserve(count);
  const size_t position = *offset % kSerialHistoryBytes;
  const size_t first = std::min(count, kSerialHistoryBytes - position);
  bytes.append(ring_, position, first);
  bytes.append(ring_, 0, count - first);
  return bytes;
}

Machine::SerialHistory SerialRing::History() const {
  uint64_t offset = begin_offset();
  Machine::SerialHistory history;
  history.bytes = ReadFrom(&offset, kSerialHistoryBytes);
  history.end_offset = end_offset_;
  return history;
}

}  // namespace cimvisor::machine
