// Regular calls for those who sample: one thread for all of them.
#ifndef CIMVISOR_SERVICE_BROKER_SAMPLE_TIMER_H_
#define CIMVISOR_SERVICE_BROKER_SAMPLE_TIMER_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace cimvisor::broker {

// Thread-safe. Outlives its handles.
class SampleTimer {
 public:
  // Ends the calls. Its destructor waits for one that is running, unless it is called from it.
  class Handle {
   public:
    virtual ~Handle() = default;
  };

  // One thread, started with the first handle and ended with the timer.
  static std::unique_ptr<SampleTimer> Create();

  virtual ~SampleTimer() = default;

  // Calls `tick` every `interval` (at least 1 ms), first after one interval. It must not block. When it is late, calls
  // are left out rather than made up for.
  virtual std::unique_ptr<Handle> Every(absl::Duration interval, std::function<void()> tick) = 0;
};

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_SAMPLE_TIMER_H_
