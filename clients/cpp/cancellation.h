// Ending a stream from another thread.
#ifndef CIMVISOR_CLIENTS_CPP_CANCELLATION_H_
#define CIMVISOR_CLIENTS_CPP_CANCELLATION_H_

#include <grpcpp/client_context.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace cimvisor::client {

// Thread-safe; may be cancelled before, during and after the call. Final: a cancelled one ends each call that gets it.
class Cancellation {
 public:
  void Cancel();
  bool cancelled() const;

 private:
  friend class Client;
  friend class WatchLoop;
  // The call to cancel, from its begin to its end; null: none. Returns false when it was cancelled before.
  bool SetContext(grpc::ClientContext* context);
  // Waits; true as soon as it is cancelled, false when `limit` is over.
  bool WaitFor(absl::Duration limit) const;

  mutable absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace cimvisor::client

#endif  // CIMVISOR_CLIENTS_CPP_CANCELLATION_H_
