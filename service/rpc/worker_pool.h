// Threads for what may block: a call that waits for a commit, a query with a slow reader.
#ifndef CIMVISOR_SERVICE_RPC_WORKER_POOL_H_
#define CIMVISOR_SERVICE_RPC_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace cimvisor::rpc {

// Starts a thread for a task when no thread is idle, up to a limit; then tasks wait in a bounded queue. A thread that
// had nothing to do for a while ends. Thread-safe.
class WorkerPool {
 public:
  struct Options {
    size_t threads = 16;
    size_t queue = 1024;
    absl::Duration idle = absl::Seconds(10);
  };

  explicit WorkerPool(Options options) : options_(options) {}
  // Runs what was accepted to its end, then stops.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False: the queue is full, or the pool is ending; the task was not taken.
  bool Post(std::function<void()> task);

  // For tests.
  size_t thread_count() const;

 private:
  void Run(size_t place);

  const Options options_;
  mutable absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  // By place; a thread that ended leaves its handle here until its place is used again.
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  std::vector<size_t> free_places_ ABSL_GUARDED_BY(mutex_);
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_WORKER_POOL_H_
