#include "service/events/dispatcher.h"

#include <utility>
#include <vector>

#include "service/events/watcher.h"

namespace cimvisor::events {

bool Dispatcher::Wait(std::shared_ptr<Watcher> watcher) {
  const absl::MutexLock lock(&mutex_);
  if (closing_) return false;
  waiting_.insert(std::move(watcher));
  return true;
}

void Dispatcher::Forget(const std::shared_ptr<Watcher>& watcher) {
  const absl::MutexLock lock(&mutex_);
  waiting_.erase(watcher);
}

void Dispatcher::Rouse() {
  const absl::MutexLock lock(&mutex_);
  roused_ = true;
}

void Dispatcher::Close() {
  {
    const absl::MutexLock lock(&mutex_);
    closing_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Dispatcher::Run() {
  while (true) {
    bool closing = false;
    absl::flat_hash_set<std::shared_ptr<Watcher>> turn;
    {
      const absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &Dispatcher::HasTurn));
      roused_ = false;
      closing = closing_;
      turn.swap(waiting_);
    }
    std::vector<std::shared_ptr<Watcher>> still_waiting;
    for (const std::shared_ptr<Watcher>& watcher : turn) {
      if (watcher->TakeTurn()) still_waiting.push_back(watcher);
    }
    if (closing) return;
    const absl::MutexLock lock(&mutex_);
    for (std::shared_ptr<Watcher>& watcher : still_waiting) waiting_.insert(std::move(watcher));
  }
}

}  // namespace cimvisor::events
