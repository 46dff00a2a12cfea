// What of Abseil the thread sanitizer must see, linked into programs that run under it.
//
// The distribution's Abseil was built without the sanitizer, which therefore does not see that a Mutex orders anything,
// and reports a race for every guarded member. The definitions here take the place of the library's (a program's
// symbols come before those of shared libraries), also for the library's own callers. Since pthread locks are known to
// the sanitizer, it sees every real race and also lock orders.
//
// A Mutex is one word (mu_) and so is a CondVar (cv_): here the address of its state, made at its first use.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <shared_mutex>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace absl {
ABSL_NAMESPACE_BEGIN
namespace {

struct MutexState {
  std::shared_mutex mutex;
  std::condition_variable_any changed;  // somebody unlocked: conditions may hold
  std::atomic<int> waiting = 0;
  std::atomic<bool> held_for_writing = false;
};

struct CondVarState {
  std::condition_variable_any signalled;
};

template <typename State>
State& StateOf(std::atomic<intptr_t>& word) {
  intptr_t value = word.load(std::memory_order_acquire);
  if (value != 0) return *reinterpret_cast<State*>(value);
  auto* fresh = new State;
  if (word.compare_exchange_strong(value, reinterpret_cast<intptr_t>(fresh), std::memory_order_acq_rel)) return *fresh;
  delete fresh;
  return *reinterpret_cast<State*>(value);
}

// Far times are cut: the standard library overflows on them.
std::chrono::system_clock::time_point Deadline(absl::Time deadline) {
  return absl::ToChronoTime(std::clamp(deadline, absl::UnixEpoch(), absl::Now() + absl::Hours(24 * 365)));
}

// Before a thread lets go: what it did may be what others wait for. They run when it has let go; after that the mutex
// may be gone.
void Tell(MutexState& state) {
  if (state.waiting.load() > 0) state.changed.notify_all();
}

// How the calling thread holds the mutex, as something that a condition variable can let go and take again.
struct WriteHold {
  MutexState& state;
  void lock() {
    state.mutex.lock();
    state.held_for_writing = true;
  }
  void unlock() {
    state.held_for_writing = false;
    state.mutex.unlock();
  }
};
struct ReadHold {
  MutexState& state;
  void lock() { state.mutex.lock_shared(); }
  void unlock() { state.mutex.unlock_shared(); }
};

template <typename Hold>
bool WaitUntil(MutexState& state, const Condition& condition, absl::Time deadline) {
  Hold hold{state};
  if (condition.Eval()) return true;
  Tell(state);
  ++state.waiting;
  bool holds = false;
  bool in_time = true;
  while (!holds && in_time) {
    in_time = state.changed.wait_until(hold, Deadline(deadline)) == std::cv_status::no_timeout ||
              deadline == absl::InfiniteFuture();
    holds = condition.Eval();
  }
  --state.waiting;
  return holds;
}

bool AwaitUntil(MutexState& state, const Condition& condition, absl::Time deadline) {
  return state.held_for_writing ? WaitUntil<WriteHold>(state, condition, deadline)
                                : WaitUntil<ReadHold>(state, condition, deadline);
}

}  // namespace

Mutex::~Mutex() { delete reinterpret_cast<MutexState*>(mu_.load()); }

void Mutex::Lock() { WriteHold{StateOf<MutexState>(mu_)}.lock(); }
void Mutex::Unlock() {
  MutexState& state = StateOf<MutexState>(mu_);
  Tell(state);
  WriteHold{state}.unlock();
}
bool Mutex::TryLock() {
  MutexState& state = StateOf<MutexState>(mu_);
  if (!state.mutex.try_lock()) return false;
  state.held_for_writing = true;
  return true;
}
void Mutex::ReaderLock() { ReadHold{StateOf<MutexState>(mu_)}.lock(); }
void Mutex::ReaderUnlock() {
  MutexState& state = StateOf<MutexState>(mu_);
  Tell(state);
  ReadHold{state}.unlock();
}
bool Mutex::ReaderTryLock() { return StateOf<MutexState>(mu_).mutex.try_lock_shared(); }

void Mutex::AssertHeld() const {}
void Mutex::AssertReaderHeld() const {}
void Mutex::AssertNotHeld() const {}

void Mutex::Await(const Condition& condition) { AwaitWithDeadline(condition, InfiniteFuture()); }
bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  return AwaitWithDeadline(condition, Now() + timeout);
}
bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  return AwaitUntil(StateOf<MutexState>(mu_), condition, deadline);
}

void Mutex::LockWhen(const Condition& condition) { LockWhenWithDeadline(condition, InfiniteFuture()); }
bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration timeout) {
  return LockWhenWithDeadline(condition, Now() + timeout);
}
bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  Lock();
  return AwaitWithDeadline(condition, deadline);
}
void Mutex::ReaderLockWhen(const Condition& condition) { ReaderLockWhenWithDeadline(condition, InfiniteFuture()); }
bool Mutex::ReaderLockWhenWithTimeout(const Condition& condition, Duration timeout) {
  return ReaderLockWhenWithDeadline(condition, Now() + timeout);
}
bool Mutex::ReaderLockWhenWithDeadline(const Condition& condition, Time deadline) {
  ReaderLock();
  return AwaitWithDeadline(condition, deadline);
}

CondVar::~CondVar() { delete reinterpret_cast<CondVarState*>(cv_.load()); }

void CondVar::Signal() { StateOf<CondVarState>(cv_).signalled.notify_one(); }
void CondVar::SignalAll() { StateOf<CondVarState>(cv_).signalled.notify_all(); }
void CondVar::Wait(Mutex* mutex) { WaitWithDeadline(mutex, InfiniteFuture()); }
bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) { return WaitWithDeadline(mutex, Now() + timeout); }
bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  struct Hold {
    Mutex* mutex;
    void lock() { mutex->Lock(); }
    void unlock() { mutex->Unlock(); }
  };
  Hold hold{mutex};
  return StateOf<CondVarState>(cv_).signalled.wait_until(hold, Deadline(deadline)) == std::cv_status::timeout;
}

// The library's own would read notified_yet_ unseen by the sanitizer.
Notification::~Notification() { MutexLock lock(&mutex_); }
void Notification::Notify() {
  MutexLock lock(&mutex_);
  notified_yet_.store(true, std::memory_order_release);
}
void Notification::WaitForNotification() const { WaitForNotificationWithDeadline(InfiniteFuture()); }
bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  return WaitForNotificationWithDeadline(Now() + timeout);
}
bool Notification::WaitForNotificationWithDeadline(Time deadline) const {
  const auto notified = [this] { return notified_yet_.load(std::memory_order_acquire); };
  if (notified()) return true;
  const bool in_time = mutex_.LockWhenWithDeadline(Condition(&notified), deadline);
  mutex_.Unlock();
  return in_time;
}

// The last part of a reference count: the first part is inline and seen.
void Status::UnrefNonInlined(uintptr_t rep) {
  status_internal::StatusRep* shared = RepToPointer(rep);
  if (shared->ref.fetch_sub(1, std::memory_order_acq_rel) == 1) delete shared;
}

ABSL_NAMESPACE_END
}  // namespace absl
