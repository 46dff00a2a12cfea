#include "service/store/testing/fault_locks.h"

#include <sqlite3.h>

#include <algorithm>

namespace cimvisor::store::testing {

int FileLocks::Lock(const void* holder, int level) {
  for (const auto& [other, held] : levels_) {
    if (other == holder) continue;
    const bool conflict = level == SQLITE_LOCK_SHARED      ? held >= SQLITE_LOCK_PENDING
                          : level == SQLITE_LOCK_EXCLUSIVE ? held >= SQLITE_LOCK_SHARED
                                                           : held >= SQLITE_LOCK_RESERVED;
    if (conflict) return SQLITE_BUSY;
  }
  levels_[holder] = std::max(levels_[holder], level);
  return SQLITE_OK;
}

void FileLocks::Unlock(const void* holder, int level) {
  if (level == SQLITE_LOCK_NONE) {
    levels_.erase(holder);
  } else {
    levels_[holder] = level;
  }
}

bool FileLocks::HasReserved() const {
  return std::any_of(levels_.begin(), levels_.end(),
                     [](const auto& entry) { return entry.second >= SQLITE_LOCK_RESERVED; });
}

int FileLocks::LockShared(const void* holder, int first, int count, int flags) {
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    for (int i = first; i < first + count; ++i) {
      Slot& slot = slots_[static_cast<size_t>(i)];
      if (exclusive && slot.exclusive == holder) slot.exclusive = nullptr;
      if (!exclusive) slot.shared.erase(holder);
    }
    return SQLITE_OK;
  }
  for (int i = first; i < first + count; ++i) {
    const Slot& slot = slots_[static_cast<size_t>(i)];
    if (slot.exclusive != nullptr && slot.exclusive != holder) return SQLITE_BUSY;
    if (exclusive && slot.shared.size() > slot.shared.count(holder)) return SQLITE_BUSY;
  }
  for (int i = first; i < first + count; ++i) {
    Slot& slot = slots_[static_cast<size_t>(i)];
    if (exclusive) slot.exclusive = holder;
    if (!exclusive) slot.shared[holder] = 1;
  }
  return SQLITE_OK;
}

}  // namespace cimvisor::store::testing
