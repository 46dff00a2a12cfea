// The last committed entries, kept once for all watchers.
#ifndef CIMVISOR_SERVICE_EVENTS_RECENT_ENTRIES_H_
#define CIMVISOR_SERVICE_EVENTS_RECENT_ENTRIES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "service/store/store.h"

namespace cimvisor::events {

using EntryPointer = std::shared_ptr<const store::JournalEntry>;

// Thread-safe. A position counts the entries that ever came, from 0.
class RecentEntries {
 public:
  // Empty, holding everything after revision `complete_after`.
  RecentEntries(size_t most_entries, size_t most_bytes, int64_t complete_after)
      : most_entries_(most_entries), most_bytes_(most_bytes), complete_after_(complete_after) {}

  // Whole revisions, in order. The oldest entries go where it becomes too much; without `keep`, all do.
  void Append(const std::vector<store::JournalEntry>& entries, bool keep);

  // The place of the first entry above `revision`, also when it has not come yet; empty when that may be gone.
  std::optional<uint64_t> PositionAfter(int64_t revision) const;

  struct Span {
    bool overrun = false;  // the entry at the position is gone
    std::vector<EntryPointer> entries;
    int64_t passed = 0;  // the last revision that is whole in or before `entries`, where there are any
  };
  Span Read(uint64_t position, size_t most) const;

 private:
  void Drop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t most_entries_;
  const size_t most_bytes_;
  mutable absl::Mutex mutex_;
  std::deque<EntryPointer> entries_ ABSL_GUARDED_BY(mutex_);
  uint64_t first_ ABSL_GUARDED_BY(mutex_) = 0;  // the position of entries_.front()
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;    // of payload
  int64_t complete_after_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::events

#endif  // CIMVISOR_SERVICE_EVENTS_RECENT_ENTRIES_H_
