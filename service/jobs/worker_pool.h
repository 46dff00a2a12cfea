// A fixed number of threads that run tasks in their order.
#ifndef CIMVISOR_SERVICE_JOBS_WORKER_POOL_H_
#define CIMVISOR_SERVICE_JOBS_WORKER_POOL_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace cimvisor::jobs {

// Thread-safe. The bound of the queue is the callers': see JobRegistry::Reserve.
class WorkerPool {
 public:
  explicit WorkerPool(int threads);
  ~WorkerPool() { Stop(); }

  // Never blocks. False when stopping: the task is dropped.
  bool Submit(std::function<void()> task);
  // Drops what has not begun and waits for what has. Not from a task. Idempotent.
  void Stop();

 private:
  void Run();
  bool HasTurn() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !tasks_.empty(); }

  absl::Mutex mutex_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace cimvisor::jobs

#endif  // CIMVISOR_SERVICE_JOBS_WORKER_POOL_H_
