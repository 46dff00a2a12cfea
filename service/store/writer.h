// The one writer thread: takes changes from a bounded queue, commits them in groups, publishes them in order.
#ifndef CIMVISOR_SERVICE_STORE_WRITER_H_
#define CIMVISOR_SERVICE_STORE_WRITER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/store/group_commit.h"
#include "service/store/state.h"
#include "service/store/store.h"

namespace cimvisor::store {

// Thread-safe. Destroying it fails what still waits with kUnavailable, ends the thread, and waits for callers to leave.
class Writer {
 public:
  Writer(std::unique_ptr<Connection> connection, StoreState state, StoreOptions options);
  ~Writer();

  // See Store.
  absl::StatusOr<int64_t> Commit(Change change, absl::Time deadline);
  int64_t revision() const { return published_.load(std::memory_order_acquire); }
  void SetJournalSink(JournalSink* sink);

 private:
  absl::Status Enqueue(const std::shared_ptr<PendingChange>& pending, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Withdraw(const std::shared_ptr<PendingChange>& pending);
  void Run();
  PendingGroup TakeGroup();
  void Publish(const PendingGroup& group);
  void TrimWhenDue();
  void FailQueue();

  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closing_ || queue_.size() < options_.queue_limit;
  }
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return closing_ || !queue_.empty(); }
  bool IsAlone() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return callers_ == 0; }

  const StoreOptions options_;
  absl::Mutex mutex_;
  std::deque<std::shared_ptr<PendingChange>> queue_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  int callers_ ABSL_GUARDED_BY(mutex_) = 0;  // inside Commit
  absl::Mutex sink_mutex_;
  JournalSink* sink_ ABSL_GUARDED_BY(sink_mutex_) = nullptr;
  std::atomic<int64_t> published_;

  // Of the writer thread alone.
  std::unique_ptr<Connection> connection_;
  StoreState state_;
  GroupCommitter committer_;
  absl::Time next_trim_;

  std::thread thread_;
};

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_WRITER_H_
