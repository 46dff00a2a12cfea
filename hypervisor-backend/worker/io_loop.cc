#include "hypervisor-backend/worker/io_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"

namespace cimvisor::worker {
namespace {

constexpr uint64_t kWakeId = 0;

}  // namespace

absl::StatusOr<std::unique_ptr<IoLoop>> IoLoop::Start() {
  machine::FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  machine::FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll.valid() || !wake.valid()) return absl::ErrnoToStatus(errno, "cannot make an event loop");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeId;
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) {
    return absl::ErrnoToStatus(errno, "cannot make an event loop");
  }
  std::unique_ptr<IoLoop> loop(new IoLoop(std::move(epoll), std::move(wake)));
  loop->thread_ = std::thread([raw = loop.get()] { raw->Run(); });
  return loop;
}

IoLoop::IoLoop(machine::FileDescriptor epoll, machine::FileDescriptor wake)
    : epoll_(std::move(epoll)), wake_(std::move(wake)) {}

IoLoop::~IoLoop() { Stop(); }

void IoLoop::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));
  if (thread_.joinable()) thread_.join();
}

void IoLoop::Post(std::function<void()> task) {
  {
    absl::MutexLock lock(&mutex_);
    posted_.push_back(std::move(task));
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));
}

IoLoop::WatchId IoLoop::Watch(int fd, uint32_t events, std::function<void(uint32_t)> ready) {
  const WatchId id = next_id_++;
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  // Fails only without memory or with a bad descriptor; the watch then never fires, and deadlines do their work.
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  watched_.emplace(id, Watched{fd, std::make_shared<std::function<void(uint32_t)>>(std::move(ready))});
  return id;
}

void IoLoop::Change(WatchId watch, uint32_t events) {
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = watch;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, found->second.fd, &event);
}

void IoLoop::Unwatch(WatchId watch) {
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second.fd, nullptr);
  watched_.erase(found);
}

IoLoop::TimerId IoLoop::CallAfter(absl::Duration delay, std::function<void()> task) {
  const TimerId id = next_id_++;
  const absl::Time when = absl::Now() + delay;
  timers_.emplace(std::make_pair(when, id), std::move(task));
  timer_times_.emplace(id, when);
  return id;
}

void IoLoop::Cancel(TimerId timer) {
  const auto found = timer_times_.find(timer);
  if (found == timer_times_.end()) return;
  timers_.erase({found->second, timer});
  timer_times_.erase(found);
}

int IoLoop::MillisecondsToNextTimer() const {
  if (timers_.empty()) return -1;
  const int64_t left = absl::ToInt64Milliseconds(timers_.begin()->first.first - absl::Now()) + 1;
  return static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
}

void IoLoop::RunTimers() {
  const absl::Time now = absl::Now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const auto first = timers_.begin();
    const std::function<void()> task = std::move(first->second);
    timer_times_.erase(first->first.second);
    timers_.erase(first);
    task();
  }
}

void IoLoop::Run() {
  std::array<epoll_event, 64> events;
  while (true) {
    const int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), MillisecondsToNextTimer());
    for (int i = 0; i < count; ++i) {
      const uint64_t id = events[static_cast<size_t>(i)].data.u64;
      if (id == kWakeId) {
        uint64_t posts = 0;
        [[maybe_unused]] const ssize_t bytes = read(wake_.get(), &posts, sizeof(posts));
        continue;
      }
      const auto found = watched_.find(id);
      if (found == watched_.end()) continue;  // unwatched by an earlier one of this round
      const std::shared_ptr<std::function<void(uint32_t)>> ready = found->second.ready;
      (*ready)(events[static_cast<size_t>(i)].events);
    }
    std::vector<std::function<void()>> tasks;
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
      tasks.swap(posted_);
    }
    for (const std::function<void()>& task : tasks) task();
    RunTimers();
  }
}

}  // namespace cimvisor::worker
