#include "providers/inventory/event_loop.h"

#include <utility>

namespace cimvisor::inventory {

void EventLoop::Start(Handler handler) {
  absl::MutexLock lock(&mutex_);
  if (std::exchange(started_, true)) return;
  thread_ = std::thread([this, handler = std::move(handler)] { Run(handler); });
}

void EventLoop::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
}

void EventLoop::Push(MachineEvent event, absl::Duration delay) {
  absl::MutexLock lock(&mutex_);
  events_.emplace(delay > absl::ZeroDuration() ? absl::Now() + delay : absl::InfinitePast(), std::move(event));
  changed_.SignalAll();
}

void EventLoop::WaitUntilIdle() {
  absl::MutexLock lock(&mutex_);
  while (started_ && !stopping_ && (handling_ || IsDue())) changed_.Wait(&mutex_);
}

void EventLoop::Run(const Handler& handler) {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    if (!IsDue()) {
      const absl::Time next = events_.empty() ? absl::InfiniteFuture() : events_.begin()->first;
      changed_.WaitWithDeadline(&mutex_, next);
      continue;
    }
    const MachineEvent event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    handling_ = true;
    mutex_.Unlock();
    handler(event);
    mutex_.Lock();
    handling_ = false;
    changed_.SignalAll();
  }
}

}  // namespace cimvisor::inventory
