#include "service/console/byte_stream_hub.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace cimvisor::console {
namespace {

// The way back to one reader. Its own lock makes sure that no call is under way once the reader is gone.
class Notifier {
 public:
  explicit Notifier(std::function<void()> on_readable) : on_readable_(std::move(on_readable)) {}

  void Notify() {
    absl::MutexLock lock(&mutex_);
    if (on_readable_) on_readable_();
  }

  void Silence() {
    std::function<void()> dropped;  // destroyed after the lock
    absl::MutexLock lock(&mutex_);
    dropped.swap(on_readable_);
  }

 private:
  absl::Mutex mutex_;
  std::function<void()> on_readable_ ABSL_GUARDED_BY(mutex_);
};

void NotifyAll(const std::vector<std::shared_ptr<Notifier>>& notifiers) {
  for (const std::shared_ptr<Notifier>& notifier : notifiers) notifier->Notify();
}

}  // namespace

class ByteStreamHub::Core {
 public:
  Core(Writer writer, size_t capacity) : writer_(std::move(writer)), capacity_(std::max<size_t>(capacity, 1)) {}

  void Append(absl::string_view bytes) {
    std::vector<std::shared_ptr<Notifier>> waiting;
    {
      absl::MutexLock lock(&mutex_);
      if (closed_ || bytes.empty()) return;
      Keep(bytes);
      waiting.swap(waiting_);
    }
    NotifyAll(waiting);
  }

  void SetHistory(absl::string_view bytes, uint64_t end_offset) {
    std::vector<std::shared_ptr<Notifier>> waiting;
    {
      absl::MutexLock lock(&mutex_);
      if (closed_ || end_ != 0 || end_offset < bytes.size()) return;
      end_ = end_offset - bytes.size();
      Keep(bytes);
      waiting.swap(waiting_);
    }
    NotifyAll(waiting);
  }

  void Close(std::string reason) {
    std::vector<std::shared_ptr<Notifier>> waiting;
    {
      absl::MutexLock lock(&mutex_);
      if (closed_) return;
      closed_ = true;
      closed_reason_ = std::move(reason);
      waiting.swap(waiting_);
    }
    NotifyAll(waiting);
  }

  // Where a new reader starts.
  struct Start {
    uint64_t offset = 0;
    uint64_t history_bytes = 0;
    bool truncated = false;
  };
  absl::StatusOr<Start> Join(bool write, bool history) {
    absl::MutexLock lock(&mutex_);
    if (write && has_writer_) {
      return absl::FailedPreconditionError(
          "somebody else is writing to this console; attach for reading, or ask them to leave");
    }
    has_writer_ = has_writer_ || write;
    if (!history) return Start{end_, 0, false};
    return Start{end_ - ring_.size(), ring_.size(), end_ > ring_.size()};
  }

  void Leave(bool write, const std::shared_ptr<Notifier>& notifier) {
    absl::MutexLock lock(&mutex_);
    if (write) has_writer_ = false;
    waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), notifier), waiting_.end());
  }

  Chunk Read(uint64_t& offset, size_t limit, const std::shared_ptr<Notifier>& notifier) {
    Chunk chunk;
    absl::MutexLock lock(&mutex_);
    const uint64_t oldest = end_ - ring_.size();
    if (offset < oldest) {
      chunk.skipped_bytes = oldest - offset;
      offset = oldest;
    }
    const size_t count = std::min<uint64_t>(limit, end_ - offset);
    CopyOut(offset, count, chunk.data);
    offset += count;
    if (closed_ && offset == end_) {
      chunk.closed = true;
      chunk.closed_reason = closed_reason_;
    } else if (count == 0 && std::find(waiting_.begin(), waiting_.end(), notifier) == waiting_.end()) {
      waiting_.push_back(notifier);
    }
    return chunk;
  }

  absl::StatusOr<size_t> Write(absl::string_view bytes) {
    {
      absl::MutexLock lock(&mutex_);
      if (closed_) return absl::UnavailableError(closed_reason_);
    }
    if (!writer_) return absl::FailedPreconditionError("this console takes no input");
    return writer_(bytes);
  }

  uint64_t end_offset() const {
    absl::MutexLock lock(&mutex_);
    return end_;
  }

 private:
  // The byte at stream offset o stands at ring_[o % capacity_] once the ring is full, at ring_[o - oldest] before.
  void Keep(absl::string_view bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    end_ += bytes.size();
    if (bytes.size() > capacity_) bytes.remove_prefix(bytes.size() - capacity_);
    const size_t room = std::min(bytes.size(), capacity_ - ring_.size());
    ring_.append(bytes.data(), room);
    bytes.remove_prefix(room);
    while (!bytes.empty()) {
      const size_t count = std::min(bytes.size(), capacity_ - head_);
      bytes.copy(&ring_[head_], count);
      head_ = (head_ + count) % capacity_;
      bytes.remove_prefix(count);
    }
  }

  void CopyOut(uint64_t offset, size_t count, std::string& out) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (count == 0) return;
    const uint64_t oldest = end_ - ring_.size();
    const size_t start = (head_ + static_cast<size_t>(offset - oldest)) % ring_.size();
    const size_t first = std::min(count, ring_.size() - start);
    out.reserve(count);
    out.append(ring_, start, first);
    out.append(ring_, 0, count - first);
  }

  const Writer writer_;
  const size_t capacity_;
  mutable absl::Mutex mutex_;
  std::string ring_ ABSL_GUARDED_BY(mutex_);
  size_t head_ ABSL_GUARDED_BY(mutex_) = 0;  // place of the oldest byte; 0 until the ring is full
  uint64_t end_ ABSL_GUARDED_BY(mutex_) = 0;
  bool has_writer_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::string closed_reason_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Notifier>> waiting_ ABSL_GUARDED_BY(mutex_);
};

class ByteStreamHub::Attachment : public ByteStream {
 public:
  Attachment(std::shared_ptr<Core> core, bool write, Core::Start start, std::function<void()> on_readable)
      : core_(std::move(core)),
        write_(write),
        start_(start),
        offset_(start.offset),
        notifier_(std::make_shared<Notifier>(std::move(on_readable))) {}

  ~Attachment() override {
    core_->Leave(write_, notifier_);
    notifier_->Silence();
  }

  bool writable() const override { return write_; }
  uint64_t history_bytes() const override { return start_.history_bytes; }
  bool history_truncated() const override { return start_.truncated; }

  Chunk Read(size_t limit) override { return core_->Read(offset_, std::max<size_t>(limit, 1), notifier_); }

  absl::StatusOr<size_t> Write(absl::string_view bytes) override {
    if (!write_) return absl::PermissionDeniedError("this console is attached for reading only; attach again to write");
    return core_->Write(bytes);
  }

 private:
  const std::shared_ptr<Core> core_;
  const bool write_;
  const Core::Start start_;
  uint64_t offset_;
  const std::shared_ptr<Notifier> notifier_;
};

ByteStreamHub::ByteStreamHub(Writer writer, size_t capacity)
    : core_(std::make_shared<Core>(std::move(writer), capacity)) {}

ByteStreamHub::~ByteStreamHub() { core_->Close("the console is gone"); }

void ByteStreamHub::Append(absl::string_view bytes) { core_->Append(bytes); }

void ByteStreamHub::SetHistory(absl::string_view bytes, uint64_t end_offset) { core_->SetHistory(bytes, end_offset); }

void ByteStreamHub::Close(std::string reason) { core_->Close(std::move(reason)); }

absl::StatusOr<std::unique_ptr<ByteStream>> ByteStreamHub::Attach(const OpenRequest& request) {
  absl::StatusOr<Core::Start> start = core_->Join(request.write, request.history);
  if (!start.ok()) return start.status();
  return std::make_unique<Attachment>(core_, request.write, *start, request.on_readable);
}

uint64_t ByteStreamHub::end_offset() const { return core_->end_offset(); }

}  // namespace cimvisor::console
