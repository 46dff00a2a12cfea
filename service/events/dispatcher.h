// One thread that looks, after each commit, which of its waiting watchers have something to fetch.
#ifndef CIMVISOR_SERVICE_EVENTS_DISPATCHER_H_
#define CIMVISOR_SERVICE_EVENTS_DISPATCHER_H_

#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"

namespace cimvisor::events {

class Watcher;

// Thread-safe.
class Dispatcher {
 public:
  Dispatcher() : thread_([this] { Run(); }) {}
  ~Dispatcher() { Close(); }

  // False when it is closing.
  bool Wait(std::shared_ptr<Watcher> watcher);
  void Forget(const std::shared_ptr<Watcher>& watcher);
  // There may be something new.
  void Rouse();
  // Gives every waiting watcher a last turn and ends the thread. Not from that thread. Idempotent.
  void Close();

 private:
  void Run();
  bool HasTurn() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return roused_ || closing_; }

  absl::Mutex mutex_;
  absl::flat_hash_set<std::shared_ptr<Watcher>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool roused_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace cimvisor::events

#endif  // CIMVISOR_SERVICE_EVENTS_DISPATCHER_H_
