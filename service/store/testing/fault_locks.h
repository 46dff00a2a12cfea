// SQLite's locks on one file of a FaultDisk: the five levels on the database and the eight slots of its shared memory
// (sqlite3.h, SQLITE_LOCK_*, SQLITE_SHM_*).
#ifndef CIMVISOR_SERVICE_STORE_TESTING_FAULT_LOCKS_H_
#define CIMVISOR_SERVICE_STORE_TESTING_FAULT_LOCKS_H_

#include <array>
#include <map>

namespace cimvisor::store::testing {

// Not synchronised. A holder is the address of an open file. Functions return SQLITE_OK or SQLITE_BUSY.
class FileLocks {
 public:
  int Lock(const void* holder, int level);
  void Unlock(const void* holder, int level);
  bool HasReserved() const;

  int LockShared(const void* holder, int first, int count, int flags);

 private:
  static constexpr int kSlots = 8;  // SQLITE_SHM_NLOCK
  struct Slot {
    std::map<const void*, int> shared;
    const void* exclusive = nullptr;
  };

  std::map<const void*, int> levels_;
  std::array<Slot, kSlots> slots_;
};

}  // namespace cimvisor::store::testing

#endif  // CIMVISOR_SERVICE_STORE_TESTING_FAULT_LOCKS_H_
