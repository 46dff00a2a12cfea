// Read-only connections beside the writer's, each used by one thread at a time.
#ifndef CIMVISOR_SERVICE_STORE_READ_POOL_H_
#define CIMVISOR_SERVICE_STORE_READ_POOL_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "service/store/connection.h"

namespace cimvisor::store {

// Thread-safe.
class ReadPool {
 public:
  // A connection that goes back to the pool when the lease ends; the pool must outlive it.
  using Lease = std::unique_ptr<Connection, std::function<void(Connection*)>>;

  ReadPool(std::string path, std::string vfs) : path_(std::move(path)), vfs_(std::move(vfs)) {}

  // An idle one, or a new one.
  absl::StatusOr<Lease> Take();

 private:
  void GiveBack(std::unique_ptr<Connection> connection);

  const std::string path_;
  const std::string vfs_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_READ_POOL_H_
