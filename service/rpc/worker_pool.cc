#include "service/rpc/worker_pool.h"

#include <utility>

namespace cimvisor::rpc {

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) {
    if (thread.joinable()) thread.join();
  }
}

bool WorkerPool::Post(std::function<void()> task) {
  std::thread ended;  // joined after the lock, when its place is taken over
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return false;
    // Idle threads take from the queue: those beyond its length are free for this task.
    const bool needs_thread = idle_ <= queue_.size() && running_ < options_.threads;
    if (!needs_thread && idle_ <= queue_.size() && queue_.size() >= options_.queue) return false;
    queue_.push_back(std::move(task));
    if (needs_thread) {
      size_t place = threads_.size();
      if (free_places_.empty()) {
        threads_.emplace_back();
      } else {
        place = free_places_.back();
        free_places_.pop_back();
        ended = std::move(threads_[place]);
      }
      ++running_;
      threads_[place] = std::thread([this, place] { Run(place); });
    }
  }
  if (ended.joinable()) ended.join();
  return true;
}

void WorkerPool::Run(size_t place) {
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !queue_.empty(); };
  while (true) {
    std::function<void()> task;
    {
      absl::MutexLock lock(&mutex_);
      ++idle_;
      mutex_.AwaitWithTimeout(absl::Condition(&has_work), options_.idle);
      --idle_;
      if (queue_.empty()) {
        --running_;
        free_places_.push_back(place);
        return;
      }
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

size_t WorkerPool::thread_count() const {
  absl::MutexLock lock(&mutex_);
  return running_;
}

}  // namespace cimvisor::rpc
