#include "service/store/writer.h"

#include <algorithm>
#include <utility>

#include "service/cim/status_macros.h"
#include "service/store/trim.h"

namespace cimvisor::store {
namespace {

constexpr size_t kGroupLimit = 256;
constexpr absl::Duration kRetryTrim = absl::Seconds(10);

absl::Status Closing() {
  return absl::UnavailableError("the service is shutting down and the change was not made: try again when it is back");
}

absl::Status TooLate() {
  return absl::DeadlineExceededError(
      "the change was still waiting for the database at its deadline and was not made: try again");
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, StoreState state, StoreOptions options)
    : options_(std::move(options)),
      published_(state.revision),
      connection_(std::move(connection)),
      state_(std::move(state)),
      committer_(*connection_, state_, options_.now),
      next_trim_(absl::Now() + options_.trim_interval),
      thread_([this] { Run(); }) {}

Writer::~Writer() {
  {
    const absl::MutexLock lock(&mutex_);
    closing_ = true;
  }
  thread_.join();
  mutex_.LockWhen(absl::Condition(this, &Writer::IsAlone));
  mutex_.Unlock();
}

absl::Status Writer::Enqueue(const std::shared_ptr<PendingChange>& pending, absl::Time deadline) {
  if (!mutex_.AwaitWithDeadline(absl::Condition(this, &Writer::HasRoom), deadline)) return TooLate();
  if (closing_) return Closing();
  queue_.push_back(pending);
  return absl::OkStatus();
}

bool Writer::Withdraw(const std::shared_ptr<PendingChange>& pending) {
  const absl::MutexLock lock(&mutex_);
  const auto found = std::find(queue_.begin(), queue_.end(), pending);
  if (found == queue_.end()) return false;
  queue_.erase(found);
  return true;
}

absl::StatusOr<int64_t> Writer::Commit(Change change, absl::Time deadline) {
  const auto pending = std::make_shared<PendingChange>();
  pending->change = std::move(change);
  absl::Status queued;
  {
    const absl::MutexLock lock(&mutex_);
    ++callers_;
    queued = Enqueue(pending, deadline);
    if (!queued.ok()) --callers_;
  }
  RETURN_IF_ERROR(queued);
  absl::StatusOr<int64_t> result = TooLate();
  if (pending->done.WaitForNotificationWithDeadline(deadline) || !Withdraw(pending)) {
    pending->done.WaitForNotification();
    result = pending->revision;
  }
  const absl::MutexLock lock(&mutex_);
  --callers_;
  return result;
}

void Writer::SetJournalSink(JournalSink* sink) {
  const absl::MutexLock lock(&sink_mutex_);
  sink_ = sink;
}

PendingGroup Writer::TakeGroup() {
  const absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithDeadline(absl::Condition(this, &Writer::HasWork), next_trim_);
  if (closing_) return {};
  const size_t count = std::min(queue_.size(), kGroupLimit);
  PendingGroup group(std::make_move_iterator(queue_.begin()),
                     std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(count)));
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  return group;
}

void Writer::Publish(const PendingGroup& group) {
  std::vector<JournalEntry> entries;
  for (const auto& pending : group) {
    if (!pending->revision.ok()) continue;
    if (pending->change.publish) pending->change.publish(*pending->revision);
    published_.store(*pending->revision, std::memory_order_release);
    entries.insert(entries.end(), std::make_move_iterator(pending->journal.begin()),
                   std::make_move_iterator(pending->journal.end()));
  }
  if (entries.empty()) return;
  const absl::MutexLock lock(&sink_mutex_);
  if (sink_ != nullptr) sink_->OnCommitted(entries);
}

void Writer::TrimWhenDue() {
  if (absl::Now() < next_trim_) return;
  const absl::StatusOr<bool> more = TrimStep(*connection_, options_, options_.now(), state_);
  if (!more.ok()) {
    // A log that is too long does no harm: what is wrong with the database shows in the next change.
    next_trim_ = absl::Now() + std::max(options_.trim_interval, kRetryTrim);
  } else {
    next_trim_ = absl::Now() + (*more ? absl::ZeroDuration() : options_.trim_interval);
  }
}

void Writer::FailQueue() {
  std::deque<std::shared_ptr<PendingChange>> queue;
  {
    const absl::MutexLock lock(&mutex_);
    queue.swap(queue_);
  }
  for (const auto& pending : queue) {
    pending->revision = Closing();
    pending->done.Notify();
  }
}

void Writer::Run() {
  while (true) {
    const PendingGroup group = TakeGroup();
    if (!group.empty()) {
      committer_.Commit(group);
      Publish(group);
      for (const auto& pending : group) pending->done.Notify();
    } else {
      const absl::MutexLock lock(&mutex_);
      if (closing_) break;
    }
    TrimWhenDue();
  }
  FailQueue();
}

}  // namespace cimvisor::store
