// One thread that calls the observers of all machines, in order, so that the event loop never waits for one.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_DISPATCHER_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_DISPATCHER_H_

#include <deque>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace cimvisor::worker {

// Thread-safe.
class Dispatcher {
 public:
  Dispatcher();
  ~Dispatcher();  // runs what is queued, then stops

  // Those who queue bound what they queue (RemoteMachine does).
  void Post(std::function<void()> task) ABSL_LOCKS_EXCLUDED(mutex_);
  bool OnThisThread() const { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  bool SomethingToDo() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !tasks_.empty(); }

  absl::Mutex mutex_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_DISPATCHER_H_
