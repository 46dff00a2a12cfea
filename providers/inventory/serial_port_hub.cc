#include "providers/inventory/serial_port_hub.h"

#include <algorithm>
#include <utility>

#include "providers/inventory/errors.h"

namespace cimvisor::inventory {

// Its place in the stream is guarded by the hub's mutex.
class SerialPortHub::Attachment : public SerialAttachment {
 public:
  Attachment(std::shared_ptr<SerialPortHub> hub, SerialAttachOptions options)
      : hub_(std::move(hub)), on_readable_(std::move(options.on_readable)), writable_(options.write) {}

  ~Attachment() override {
    absl::MutexLock lock(&hub_->mutex_);
    hub_->attachments_.erase(this);
    if (hub_->writing_ == this) hub_->writing_ = nullptr;
  }

  uint64_t history_bytes() const override { return history_bytes_; }
  bool history_truncated() const override { return history_truncated_; }
  bool writable() const override { return writable_; }

  SerialChunk Read(size_t limit) override {
    absl::MutexLock lock(&hub_->mutex_);
    SerialChunk chunk;
    const uint64_t begin = hub_->end_ - hub_->ring_.size();
    if (place_ < begin) {
      chunk.lost_bytes = begin - place_;
      place_ = begin;
    }
    const size_t count = std::min<uint64_t>(limit, hub_->end_ - place_);
    chunk.bytes = hub_->ring_.substr(place_ - begin, count);
    place_ += count;
    if (hub_->ended_ && place_ == hub_->end_) {
      chunk.ended = true;
      chunk.end_reason = hub_->end_reason_;
    }
    armed_ = count == 0 && chunk.lost_bytes == 0 && !chunk.ended;
    return chunk;
  }

  absl::StatusOr<size_t> Write(absl::string_view bytes) override {
    if (!writable_) {
      return InventoryError(ErrorKind::kInvalidState, "this console was opened for reading: open it for writing");
    }
    return hub_->writer_(bytes);
  }

 private:
  friend class SerialPortHub;
  const std::shared_ptr<SerialPortHub> hub_;
  const std::function<void()> on_readable_;
  const bool writable_;
  uint64_t history_bytes_ = 0;
  bool history_truncated_ = false;
  // Guarded by hub_->mutex_, which the analysis cannot follow through a pointer of another object.
  uint64_t place_ = 0;
  bool armed_ = false;  // the last Read found nothing
};

void SerialPortHub::Notify() {
  for (Attachment* attachment : attachments_) {
    if (!std::exchange(attachment->armed_, false)) continue;
    if (attachment->on_readable_) attachment->on_readable_();
  }
}

void SerialPortHub::BeginRun() {
  absl::MutexLock lock(&mutex_);
  run_begin_ = end_;
}

void SerialPortHub::Hold() {
  absl::MutexLock lock(&mutex_);
  holding_ = true;
}

void SerialPortHub::Replay(uint64_t offset, absl::string_view history) {
  absl::MutexLock lock(&mutex_);
  Append(offset, history);
  for (const Piece& piece : held_) Append(piece.offset, piece.bytes);
  held_.clear();
  held_bytes_ = 0;
  holding_ = false;
}

void SerialPortHub::Output(uint64_t offset, absl::string_view bytes) {
  absl::MutexLock lock(&mutex_);
  if (!holding_) return Append(offset, bytes);
  held_.push_back({offset, std::string(bytes)});
  held_bytes_ += bytes.size();
  // The oldest is in the history that will come.
  while (held_bytes_ > kSerialBufferBytes) {
    held_bytes_ -= held_.front().bytes.size();
    held_.pop_front();
  }
}

void SerialPortHub::Append(uint64_t offset, absl::string_view bytes) {
  const uint64_t known = end_ - run_begin_;
  if (offset < known) bytes.remove_prefix(std::min<uint64_t>(known - offset, bytes.size()));
  if (bytes.empty()) return;
  if (offset > known) {  // a gap: what came before it is no longer the stream's neighbour
    ring_.clear();
    end_ += offset - known;
  }
  end_ += bytes.size();
  if (bytes.size() > kSerialBufferBytes) bytes.remove_prefix(bytes.size() - kSerialBufferBytes);
  // Cut in steps of half the ring, so that each byte is moved once.
  if (ring_.size() + bytes.size() > kSerialBufferBytes) {
    const size_t keep = std::min(ring_.size(), std::min(kSerialBufferBytes / 2, kSerialBufferBytes - bytes.size()));
    ring_.erase(0, ring_.size() - keep);
  }
  ring_.append(bytes.data(), bytes.size());
  Notify();
}

void SerialPortHub::End(std::string reason) {
  absl::MutexLock lock(&mutex_);
  ended_ = true;
  end_reason_ = std::move(reason);
  Notify();
}

absl::StatusOr<std::unique_ptr<SerialAttachment>> SerialPortHub::Attach(SerialAttachOptions options) {
  const bool history = options.history;
  auto attachment = std::make_unique<Attachment>(shared_from_this(), std::move(options));
  absl::MutexLock lock(&mutex_);
  if (attachment->writable_) {
    if (writing_ != nullptr) {
      // `attachment` is destroyed after the lock is given back: it is the older of the two objects.
      return InventoryError(ErrorKind::kInUse, "somebody else writes to this console: open it for reading, or later");
    }
    writing_ = attachment.get();
  }
  attachment->history_bytes_ = history ? std::min(ring_.size(), kSerialHistoryBytes) : 0;
  attachment->history_truncated_ = history && attachment->history_bytes_ < end_;
  attachment->place_ = end_ - attachment->history_bytes_;
  attachments_.insert(attachment.get());
  return attachment;
}

}  // namespace cimvisor::inventory
