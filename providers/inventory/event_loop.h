// One thread that carries out what observers only note: an observer must return soon, and recording an end takes a
// commit.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_EVENT_LOOP_H_
#define CIMVISOR_PROVIDERS_INVENTORY_EVENT_LOOP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace cimvisor::inventory {

struct MachineEvent {
  enum class Kind : uint8_t {
    kEnded,   // the run `launch_id` is over
    kSettle,  // the machine may do something else than its record says, and no job is at work: make it agree
    kRepair,  // the job `job_id` is over, but its end could not be committed: make the record agree
    kStart,   // turn it on, as its automatic action says
    kReset,   // the guest of the run `launch_id` reset the machine
  };
  Kind kind = Kind::kSettle;
  std::string machine_id;
  std::string launch_id = {};  // kEnded, kReset
  std::string job_id = {};     // kRepair
};

// Thread-safe. Events wait from the first Push; they are handled, one at a time and each not before its time, from
// Start until Stop.
class EventLoop {
 public:
  using Handler = std::function<void(const MachineEvent&)>;

  EventLoop() = default;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop() { Stop(); }

  // Once.
  void Start(Handler handler);
  // Waits for the event that is being handled; drops the others.
  void Stop();

  void Push(MachineEvent event, absl::Duration delay = absl::ZeroDuration());
  // Waits until nothing is due and nothing is being handled; not for events of a later time. Before Start, and after
  // Stop, returns at once.
  void WaitUntilIdle();

 private:
  void Run(const Handler& handler);
  bool IsDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !events_.empty() && events_.begin()->first <= absl::Now();
  }

  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::multimap<absl::Time, MachineEvent> events_ ABSL_GUARDED_BY(mutex_);
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool handling_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_EVENT_LOOP_H_
