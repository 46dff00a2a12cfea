#include "service/events/recent_entries.h"

#include <algorithm>

namespace cimvisor::events {

void RecentEntries::Drop() {
  complete_after_ = entries_.front()->revision;
  bytes_ -= entries_.front()->payload.size();
  entries_.pop_front();
  ++first_;
}

void RecentEntries::Append(const std::vector<store::JournalEntry>& entries, bool keep) {
  std::vector<EntryPointer> fresh;
  fresh.reserve(entries.size());
  for (const store::JournalEntry& entry : entries) fresh.push_back(std::make_shared<const store::JournalEntry>(entry));
  const absl::MutexLock lock(&mutex_);
  for (EntryPointer& entry : fresh) {
    bytes_ += entry->payload.size();
    entries_.push_back(std::move(entry));
  }
  while (!keep && !entries_.empty()) Drop();
  while ((entries_.size() > most_entries_ || bytes_ > most_bytes_) &&
         entries_.front()->revision != entries_.back()->revision) {
    Drop();
  }
}

std::optional<uint64_t> RecentEntries::PositionAfter(int64_t revision) const {
  const absl::MutexLock lock(&mutex_);
  if (revision < complete_after_) return std::nullopt;
  const auto place = std::upper_bound(entries_.begin(), entries_.end(), revision,
                                      [](int64_t value, const EntryPointer& entry) { return value < entry->revision; });
  return first_ + static_cast<uint64_t>(place - entries_.begin());
}

RecentEntries::Span RecentEntries::Read(uint64_t position, size_t most) const {
  Span span;
  const absl::MutexLock lock(&mutex_);
  span.overrun = position < first_;
  if (span.overrun || position >= first_ + entries_.size()) return span;
  const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(position - first_);
  const size_t count = std::min<size_t>(most, static_cast<size_t>(entries_.end() - begin));
  const auto end = begin + static_cast<std::ptrdiff_t>(count);
  span.entries.assign(begin, end);
  if (span.entries.empty()) return span;
  const int64_t last = span.entries.back()->revision;
  span.passed = end != entries_.end() && (*end)->revision == last ? last - 1 : last;
  return span;
}

}  // namespace cimvisor::events
