// The worker's numbered events, kept until the service has acknowledged them.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_WORKER_EVENT_LOG_H_
#define CIMVISOR_HYPERVISOR_BACKEND_WORKER_EVENT_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "cimvisor/worker/v1/worker.pb.h"

namespace cimvisor::worker {

inline constexpr size_t kKeptEvents = 256;
inline constexpr size_t kKeptEventBytes = 256 * 1024;

// Not thread-safe.
class EventLog {
 public:
  // Numbers `event` and keeps it. Beyond the limits the oldest are forgotten: their numbers are missing later.
  void Add(v1::Event event);
  void Acknowledge(uint64_t number);  // this one and all before it; numbers not given out yet are ignored

  // The oldest event kept with a number above `number`, null when there is none. Valid until the next change.
  const v1::Event* After(uint64_t number) const;

  uint64_t next_number() const { return next_number_; }
  size_t kept() const { return events_.size(); }

 private:
  std::deque<v1::Event> events_;
  size_t bytes_ = 0;
  uint64_t next_number_ = 1;
};

}  // namespace cimvisor::worker

#endif  // CIMVISOR_HYPERVISOR_BACKEND_WORKER_EVENT_LOG_H_
