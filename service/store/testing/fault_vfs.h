// A FaultDisk as a SQLite VFS.
//
//   FaultVfs vfs("power_cut");
//   auto store = Store::Open({.path = folder + "/db", .vfs = "power_cut"});   // only the lock file is on a real disk
//   vfs.disk().FailAt(Fault::kPowerCut, 17);
//   …
//   store->reset();
//   vfs.disk().PowerOn(Unsynced::kLost, 0);
#ifndef CIMVISOR_SERVICE_STORE_TESTING_FAULT_VFS_H_
#define CIMVISOR_SERVICE_STORE_TESTING_FAULT_VFS_H_

#include <memory>
#include <string>

#include "service/store/testing/fault_disk.h"

struct sqlite3_vfs;

namespace cimvisor::store::testing {

// Registered with SQLite under its name for as long as it lives; every connection over it must be closed before.
class FaultVfs {
 public:
  explicit FaultVfs(std::string name);
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  const std::string& name() const { return name_; }
  FaultDisk& disk() { return disk_; }

 private:
  const std::string name_;
  FaultDisk disk_;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace cimvisor::store::testing

#endif  // CIMVISOR_SERVICE_STORE_TESTING_FAULT_VFS_H_
