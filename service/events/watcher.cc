#include "service/events/watcher.h"

#include <algorithm>
#include <utility>

#include "service/cim/status_macros.h"
#include "service/events/event_status.h"

namespace cimvisor::events {
namespace {

constexpr size_t kTurnEntries = 256;  // looked at in one step of a turn

}  // namespace

Watcher::Watcher(std::shared_ptr<HubCore> core, Dispatcher& dispatcher, int64_t after, SubscribeRequest request,
                 std::function<void()> wake)
    : core_(std::move(core)),
      dispatcher_(dispatcher),
      wanted_(std::move(request.wanted)),
      after_(after),
      wake_(std::move(wake)) {}

int64_t Watcher::after() const {
  const absl::MutexLock lock(&mutex_);
  return after_;
}

bool Watcher::live() const {
  const absl::MutexLock lock(&mutex_);
  return live_;
}

bool Watcher::GoLive() {
  const absl::MutexLock lock(&mutex_);
  const std::optional<uint64_t> position = core_->recent.PositionAfter(after_);
  if (!position) return false;
  live_ = true;
  position_ = *position;
  // What was just published may be in the journal, and so already delivered, before it comes to the hub.
  floor_ = after_;
  return true;
}

absl::Status Watcher::CatchUp() {
  const int64_t last = core_->store.revision();
  const int64_t from = after();
  const size_t limit = std::max<size_t>(core_->options.replay_batch, 1);
  auto entries = core_->store.ReadJournal(from, limit);
  if (absl::IsOutOfRange(entries.status())) {
    ASSIGN_OR_RETURN(const int64_t oldest, core_->store.OldestJournalRevision());
    return TrimmedStatus(from, oldest);
  }
  RETURN_IF_ERROR(entries.status());
  const bool all = entries->size() < limit;
  for (store::JournalEntry& entry : *entries) {
    backlog_.push_back(std::make_shared<const store::JournalEntry>(std::move(entry)));
  }
  if (backlog_.empty() && all) {  // revisions up to `last` without entries
    const absl::MutexLock lock(&mutex_);
    after_ = std::max(after_, last);
  }
  return absl::OkStatus();
}

bool Watcher::TakeBacklog(size_t max, EventBatch* batch) {
  if (backlog_.empty()) return false;
  int64_t passed = 0;
  while (!backlog_.empty() && batch->entries.size() < max) {
    EntryPointer entry = std::move(backlog_.front());
    backlog_.pop_front();
    const bool whole = backlog_.empty() || backlog_.front()->revision != entry->revision;
    passed = whole ? entry->revision : entry->revision - 1;
    if (Wants(*entry)) batch->entries.push_back(std::move(entry));
  }
  const absl::MutexLock lock(&mutex_);
  after_ = std::max(after_, passed);
  return true;
}

Watcher::Took Watcher::TakeLive(size_t max, EventBatch* batch) {
  const absl::MutexLock lock(&mutex_);
  const RecentEntries::Span span = core_->recent.Read(position_, max);
  if (span.overrun) return Took::kOverrun;
  if (span.entries.empty()) return Took::kNothing;
  position_ += span.entries.size();
  after_ = std::max(after_, span.passed);
  for (const EntryPointer& entry : span.entries) {
    if (entry->revision > floor_ && Wants(*entry)) batch->entries.push_back(entry);
  }
  return Took::kSome;
}

absl::StatusOr<bool> Watcher::TakeLiveOrWait(size_t max, bool first, EventBatch* batch) {
  Took took = TakeLive(max - batch->entries.size(), batch);
  if (took == Took::kOverrun && first) return CutStatus(after());
  if (took == Took::kNothing && !batch->entries.empty()) return true;
  if (took == Took::kNothing) {
    // First to be woken, then to look again: what comes in between is not missed.
    {
      const absl::MutexLock lock(&mutex_);
      armed_ = true;
    }
    if (!dispatcher_.Wait(shared_from_this())) return ClosingStatus();
    took = TakeLive(max, batch);
    if (took == Took::kNothing) return true;
  }
  const absl::MutexLock lock(&mutex_);
  armed_ = false;
  if (took == Took::kOverrun) live_ = false;
  return false;
}

absl::StatusOr<EventBatch> Watcher::Poll(size_t max) {
  max = std::max<size_t>(max, 1);
  EventBatch batch;
  bool finished = false;
  for (bool first = true; failed_.ok() && !finished && batch.entries.size() < max; first = false) {
    if (core_->closing) {
      failed_ = ClosingStatus();
    } else if (TakeBacklog(max, &batch)) {
      continue;
    } else if (!live()) {
      if (!GoLive()) failed_ = CatchUp();
    } else {
      const absl::StatusOr<bool> end = TakeLiveOrWait(max, first, &batch);
      failed_ = end.status();
      finished = end.ok() && *end;
    }
  }
  if (!failed_.ok() && batch.entries.empty()) return failed_;
  batch.resume_after = after();
  return batch;
}

// Passes over what is not wanted; true when it stands before an entry that is, or has to say something.
bool Watcher::FindWanted() {
  while (true) {
    const RecentEntries::Span span = core_->recent.Read(position_, kTurnEntries);
    if (span.overrun) {
      live_ = false;  // the dispatcher was too slow, not the watcher: it catches up from the journal
      return true;
    }
    if (span.entries.empty()) return false;
    for (const EntryPointer& entry : span.entries) {
      if (entry->revision > floor_ && Wants(*entry)) {
        after_ = std::max(after_, entry->revision - 1);
        return true;
      }
      ++position_;
    }
    after_ = std::max(after_, span.passed);
  }
}

bool Watcher::TakeTurn() {
  {
    const absl::MutexLock lock(&mutex_);
    if (ended_ || !armed_) return false;
    if (!core_->closing && !FindWanted()) return true;
    armed_ = false;
    waking_ = true;
    waking_thread_ = std::this_thread::get_id();
  }
  wake_();
  const absl::MutexLock lock(&mutex_);
  waking_ = false;
  if (ended_) wake_ = nullptr;
  return armed_ && !ended_;
}

void Watcher::End() {
  dispatcher_.Forget(shared_from_this());
  const absl::MutexLock lock(&mutex_);
  ended_ = true;
  armed_ = false;
  if (waking_ && waking_thread_ == std::this_thread::get_id()) return;
  mutex_.Await(absl::Condition(this, &Watcher::IsNotWaking));
  wake_ = nullptr;
}

}  // namespace cimvisor::events
