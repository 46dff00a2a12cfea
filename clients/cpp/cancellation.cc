#include "clients/cpp/cancellation.h"

namespace cimvisor::client {

void Cancellation::Cancel() {
  // Under the lock, so that the context cannot go away meanwhile; TryCancel does not wait.
  const absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

bool Cancellation::cancelled() const {
  const absl::MutexLock lock(&mutex_);
  return cancelled_;
}

bool Cancellation::SetContext(grpc::ClientContext* context) {
  const absl::MutexLock lock(&mutex_);
  context_ = context;
  return !cancelled_;
}

bool Cancellation::WaitFor(absl::Duration limit) const {
  const absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&cancelled_), limit);
}

}  // namespace cimvisor::client
