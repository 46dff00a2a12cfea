#include "service/store/testing/fault_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <new>
#include <utility>

namespace cimvisor::store::testing {
namespace {

// What SQLite allocates for an open file; `base` comes first.
struct OpenFile {
  sqlite3_file base;
  FaultDisk* disk;
  std::shared_ptr<FaultFile> file;
};

OpenFile& Opened(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
FaultDisk& Disk(sqlite3_vfs* vfs) { return *static_cast<FaultDisk*>(vfs->pAppData); }

int Code(Fault fault, int io_error) {
  if (fault == Fault::kNone) return SQLITE_OK;
  return fault == Fault::kFull ? SQLITE_FULL : io_error;
}

int Close(sqlite3_file* file) {
  OpenFile& opened = Opened(file);
  {
    const absl::MutexLock lock(&opened.disk->mutex());
    opened.file->locks.Unlock(&opened, SQLITE_LOCK_NONE);
  }
  opened.~OpenFile();
  return SQLITE_OK;
}

int Read(sqlite3_file* file, void* target, int size, sqlite3_int64 offset) {
  OpenFile& opened = Opened(file);
  const int64_t count = opened.disk->Read(*opened.file, static_cast<size_t>(offset), static_cast<size_t>(size),
                                          static_cast<char*>(target));
  if (count < 0) return SQLITE_IOERR_READ;
  if (count == size) return SQLITE_OK;
  std::memset(static_cast<char*>(target) + count, 0, static_cast<size_t>(size - count));
  return SQLITE_IOERR_SHORT_READ;
}

int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  OpenFile& opened = Opened(file);
  return Code(opened.disk->Write(*opened.file, static_cast<size_t>(offset),
                                 absl::string_view(static_cast<const char*>(bytes), static_cast<size_t>(size))),
              SQLITE_IOERR_WRITE);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  OpenFile& opened = Opened(file);
  return Code(opened.disk->Truncate(*opened.file, static_cast<size_t>(size)), SQLITE_IOERR_TRUNCATE);
}

int Sync(sqlite3_file* file, int) {
  OpenFile& opened = Opened(file);
  return Code(opened.disk->Sync(*opened.file), SQLITE_IOERR_FSYNC);
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  OpenFile& opened = Opened(file);
  *size = static_cast<sqlite3_int64>(opened.disk->Size(*opened.file));
  return SQLITE_OK;
}

int Lock(sqlite3_file* file, int level) {
  OpenFile& opened = Opened(file);
  const absl::MutexLock lock(&opened.disk->mutex());
  return opened.file->locks.Lock(&opened, level);
}

int Unlock(sqlite3_file* file, int level) {
  OpenFile& opened = Opened(file);
  const absl::MutexLock lock(&opened.disk->mutex());
  opened.file->locks.Unlock(&opened, level);
  return SQLITE_OK;
}

int CheckReservedLock(sqlite3_file* file, int* reserved) {
  OpenFile& opened = Opened(file);
  const absl::MutexLock lock(&opened.disk->mutex());
  *reserved = opened.file->locks.HasReserved() ? 1 : 0;
  return SQLITE_OK;
}

int FileControl(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int SectorSize(sqlite3_file*) { return 4096; }
int DeviceCharacteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int ShmMap(sqlite3_file* file, int region, int size, int create, void volatile** memory) {
  OpenFile& opened = Opened(file);
  *memory =
      opened.disk->SharedMemory(*opened.file, static_cast<size_t>(region), static_cast<size_t>(size), create != 0);
  return SQLITE_OK;
}

int ShmLock(sqlite3_file* file, int first, int count, int flags) {
  OpenFile& opened = Opened(file);
  const absl::MutexLock lock(&opened.disk->mutex());
  return opened.file->locks.LockShared(&opened, first, count, flags);
}

void ShmBarrier(sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); }

int ShmUnmap(sqlite3_file* file, int remove) {
  OpenFile& opened = Opened(file);
  if (remove != 0) opened.disk->DropSharedMemory(*opened.file);
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

int Open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  FaultDisk& disk = Disk(vfs);
  const bool read_only = disk.read_only();
  const bool create = (flags & SQLITE_OPEN_CREATE) != 0 && !read_only;
  std::shared_ptr<FaultFile> found = disk.Open(name == nullptr ? "" : name, create);
  if (found == nullptr) return SQLITE_CANTOPEN;
  auto* opened = new (file) OpenFile{{&kMethods}, &disk, std::move(found)};
  static_cast<void>(opened);
  if (out_flags != nullptr) {
    *out_flags = read_only ? (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY : flags;
  }
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* name, int) {
  if (!Disk(vfs).Exists(name)) return SQLITE_IOERR_DELETE_NOENT;
  return Code(Disk(vfs).Delete(name), SQLITE_IOERR_DELETE);
}

int Access(sqlite3_vfs* vfs, const char* name, int, int* result) {
  *result = Disk(vfs).Exists(name) ? 1 : 0;
  return SQLITE_OK;
}

int FullPathname(sqlite3_vfs*, const char* name, int size, char* target) {
  if (std::strlen(name) + 1 > static_cast<size_t>(size)) return SQLITE_CANTOPEN;
  std::strcpy(target, name);
  return SQLITE_OK;
}

}  // namespace

FaultVfs::FaultVfs(std::string name) : name_(std::move(name)), vfs_(std::make_unique<sqlite3_vfs>()) {
  *vfs_ = *sqlite3_vfs_find(nullptr);  // for randomness, time and sleep
  vfs_->iVersion = 2;
  vfs_->szOsFile = sizeof(OpenFile);
  vfs_->pNext = nullptr;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = &disk_;
  vfs_->xOpen = Open;
  vfs_->xDelete = Delete;
  vfs_->xAccess = Access;
  vfs_->xFullPathname = FullPathname;
  sqlite3_vfs_register(vfs_.get(), 0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(vfs_.get()); }

}  // namespace cimvisor::store::testing
