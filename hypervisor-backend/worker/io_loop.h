// One thread that waits for all sockets, processes and deadlines of the service's side.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_IO_LOOP_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_IO_LOOP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "hypervisor-backend/machine/file_descriptor.h"

namespace cimvisor::worker {

// Post may be called on any thread; everything else only on the loop's own, that is from what it calls. Nothing that it
// calls may wait.
class IoLoop {
 public:
  using WatchId = uint64_t;
  using TimerId = uint64_t;

  static absl::StatusOr<std::unique_ptr<IoLoop>> Start();
  ~IoLoop();  // stops it

  // Ends the thread. What was posted and not run yet, or is posted later, is dropped.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  void Post(std::function<void()> task) ABSL_LOCKS_EXCLUDED(mutex_);

  // Calls `ready` with what epoll reports of `fd` until Unwatch. The caller keeps `fd` and unwatches before closing it.
  WatchId Watch(int fd, uint32_t events, std::function<void(uint32_t)> ready);
  void Change(WatchId watch, uint32_t events);
  void Unwatch(WatchId watch);  // also from within its `ready`

  TimerId CallAfter(absl::Duration delay, std::function<void()> task);
  void Cancel(TimerId timer);  // one that has fired is ignored

 private:
  struct Watched {
    int fd;
    std::shared_ptr<std::function<void(uint32_t)>> ready;
  };
  IoLoop(machine::FileDescriptor epoll, machine::FileDescriptor wake);
  void Run();
  int MillisecondsToNextTimer() const;
  void RunTimers();

  const machine::FileDescriptor epoll_;
  const machine::FileDescriptor wake_;
  // Of the loop's thread.
  std::unordered_map<WatchId, Watched> watched_;
  std::map<std::pair<absl::Time, TimerId>, std::function<void()>> timers_;
  std::unordered_map<TimerId, absl::Time> timer_times_;
  uint64_t next_id_ = 1;

  absl::Mutex mutex_;
  std::vector<std::function<void()>> posted_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_IO_LOOP_H_
