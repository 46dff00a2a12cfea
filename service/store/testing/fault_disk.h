// A disk in memory that keeps unsynced writes apart, so that a test can cut its power, fill it, or make it fail at the
// Nth write or sync.
#ifndef CIMVISOR_SERVICE_STORE_TESTING_FAULT_DISK_H_
#define CIMVISOR_SERVICE_STORE_TESTING_FAULT_DISK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "service/store/testing/fault_locks.h"

namespace cimvisor::store::testing {

enum class Fault : uint8_t {
  kNone,
  kPowerCut,  // the operation and all later ones fail until PowerOn
  kFull,      // every write from here on fails for want of space, until Heal
  kIoError,   // this one operation fails; a sync that fails has synced nothing
};

// What of the unsynced writes is there when the power comes back. The first is the worst that fsync(2) allows.
enum class Unsynced : uint8_t { kLost, kSomeKept, kKept };

// One file. Its bytes are guarded by the disk's lock; its shared memory and locks are SQLite's own business.
struct FaultFile {
  std::string content;  // as readers see it
  std::string durable;  // as it was at the last sync
  bool name_is_durable = false;
  struct Write {
    size_t offset;
    std::string bytes;
    bool truncates;  // to `offset`
  };
  std::vector<Write> unsynced;
  std::vector<std::unique_ptr<char[]>> shared_memory;
  FileLocks locks;
};

// Thread-safe.
class FaultDisk {
 public:
  // Counted operations are writes, truncations, syncs and deletions, from 1.
  int64_t operations() const;
  // Forgets earlier faults; `operation` counts from the disk's first one.
  void FailAt(Fault fault, int64_t operation);
  void Heal();
  bool has_power() const;
  // Every file must be closed. Deletions and renames are durable at once; a file that was never synced is gone where
  // unsynced writes are lost. The same seed keeps the same writes.
  void PowerOn(Unsynced unsynced, uint32_t seed);
  void SetReadOnly(bool read_only);
  bool read_only() const;
  // Changes one byte in place, for tests of damage. False when the file has no such byte.
  bool Damage(const std::string& name, size_t offset);

  // Null when the file is absent and not to be created, or the power is off.
  std::shared_ptr<FaultFile> Open(const std::string& name, bool create);
  bool Exists(const std::string& name) const;
  Fault Delete(const std::string& name);
  Fault Write(FaultFile& file, size_t offset, absl::string_view bytes);
  Fault Truncate(FaultFile& file, size_t size);
  Fault Sync(FaultFile& file);
  // The number of bytes read; less than `size` at the end of the file, -1 without power.
  int64_t Read(const FaultFile& file, size_t offset, size_t size, char* target) const;
  size_t Size(const FaultFile& file) const;
  // The region, made zero when it is not there and `create`; else null.
  char* SharedMemory(FaultFile& file, size_t region, size_t size, bool create);
  void DropSharedMemory(FaultFile& file);
  // For SQLite's locks, which are not counted.
  absl::Mutex& mutex() { return mutex_; }

 private:
  Fault Count() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<FaultFile>> files_ ABSL_GUARDED_BY(mutex_);
  int64_t operations_ ABSL_GUARDED_BY(mutex_) = 0;
  Fault fault_ ABSL_GUARDED_BY(mutex_) = Fault::kNone;
  int64_t fault_at_ ABSL_GUARDED_BY(mutex_) = 0;
  bool has_power_ ABSL_GUARDED_BY(mutex_) = true;
  bool read_only_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cimvisor::store::testing

#endif  // CIMVISOR_SERVICE_STORE_TESTING_FAULT_DISK_H_
