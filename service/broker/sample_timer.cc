#include "service/broker/sample_timer.h"

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace cimvisor::broker {
namespace {

class ThreadTimer : public SampleTimer {
 public:
  ~ThreadTimer() override {
    {
      absl::MutexLock lock(&mutex_);
      ending_ = true;
      changed_.Signal();
    }
    if (thread_.joinable()) thread_.join();
  }

  std::unique_ptr<SampleTimer::Handle> Every(absl::Duration interval, std::function<void()> tick) override {
    interval = std::max(interval, absl::Milliseconds(1));
    absl::MutexLock lock(&mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
    const int64_t id = ++last_id_;
    entries_.emplace(
        id, Entry{interval, absl::Now() + interval, std::make_shared<const std::function<void()>>(std::move(tick))});
    changed_.Signal();
    return std::make_unique<EntryHandle>(*this, id);
  }

 private:
  struct Entry {
    absl::Duration interval;
    absl::Time due;
    std::shared_ptr<const std::function<void()>> tick;
  };

  class EntryHandle : public SampleTimer::Handle {
   public:
    EntryHandle(ThreadTimer& timer, int64_t id) : timer_(timer), id_(id) {}
    ~EntryHandle() override { timer_.Remove(id_); }

   private:
    ThreadTimer& timer_;
    const int64_t id_;
  };

  void Remove(int64_t id) {
    absl::MutexLock lock(&mutex_);
    entries_.erase(id);
    const bool from_tick = std::this_thread::get_id() == thread_.get_id();
    while (running_ == id && !from_tick) ended_.Wait(&mutex_);
  }

  void Run() {
    absl::MutexLock lock(&mutex_);
    while (!ending_) {
      const auto next = std::min_element(entries_.begin(), entries_.end(),
                                         [](const auto& a, const auto& b) { return a.second.due < b.second.due; });
      const absl::Time now = absl::Now();
      if (next == entries_.end() || next->second.due > now) {
        changed_.WaitWithDeadline(&mutex_, next == entries_.end() ? absl::InfiniteFuture() : next->second.due);
        continue;
      }
      next->second.due = now + next->second.interval;
      running_ = next->first;
      const auto tick = next->second.tick;
      mutex_.Unlock();
      (*tick)();
      mutex_.Lock();
      running_ = 0;
      ended_.SignalAll();
    }
  }

  absl::Mutex mutex_;
  absl::CondVar changed_;
  absl::CondVar ended_;
  std::map<int64_t, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  int64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // started under mutex_, once
};

}  // namespace

std::unique_ptr<SampleTimer> SampleTimer::Create() { return std::make_unique<ThreadTimer>(); }

}  // namespace cimvisor::broker
