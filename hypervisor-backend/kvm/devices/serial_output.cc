#include "hypervisor-backend/kvm/devices/serial_output.h"

namespace cimvisor::kvm {

void SerialOutput::Append(uint8_t byte) {
  bool first;
  {
    absl::MutexLock lock(&mutex_);
    first = taken_ == ring_.end_offset();
    const char character = static_cast<char>(byte);
    ring_.Append(absl::string_view(&character, 1));
    if (!delivered_) taken_ = ring_.end_offset();
  }
  if (first && delivered_) wake_();
}

bool SerialOutput::HasRoom() const {
  absl::MutexLock lock(&mutex_);
  return ring_.end_offset() - taken_ < machine::kSerialHistoryBytes;
}

SerialOutput::Chunk SerialOutput::Take(size_t limit) {
  absl::MutexLock lock(&mutex_);
  Chunk chunk;
  chunk.bytes = ring_.ReadFrom(&taken_, limit);
  chunk.offset = taken_;
  taken_ += chunk.bytes.size();
  return chunk;
}

bool SerialOutput::HasOutput() const {
  absl::MutexLock lock(&mutex_);
  return taken_ != ring_.end_offset();
}

machine::Machine::SerialHistory SerialOutput::History() const {
  absl::MutexLock lock(&mutex_);
  return ring_.History();
}

}  // namespace cimvisor::kvm
