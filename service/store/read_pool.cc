#include "service/store/read_pool.h"

#include <utility>

#include "service/cim/status_macros.h"

namespace cimvisor::store {
namespace {

constexpr size_t kIdleLimit = 4;

}  // namespace

absl::StatusOr<ReadPool::Lease> ReadPool::Take() {
  std::unique_ptr<Connection> connection;
  {
    const absl::MutexLock lock(&mutex_);
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection == nullptr) {
    ASSIGN_OR_RETURN(connection, Connection::Open(path_, vfs_, Connection::Access::kReadOnly));
  }
  return Lease(connection.release(), [this](Connection* used) { GiveBack(std::unique_ptr<Connection>(used)); });
}

void ReadPool::GiveBack(std::unique_ptr<Connection> connection) {
  const absl::MutexLock lock(&mutex_);
  if (idle_.size() < kIdleLimit) idle_.push_back(std::move(connection));
  // One too many is closed after the lock is gone: it is destroyed as the parameter.
}

}  // namespace cimvisor::store
