// A timer that the test moves.
#ifndef CIMVISOR_SERVICE_BROKER_TESTING_FAKE_SAMPLE_TIMER_H_
#define CIMVISOR_SERVICE_BROKER_TESTING_FAKE_SAMPLE_TIMER_H_

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "service/broker/sample_timer.h"

namespace cimvisor::broker::testing {

// Single-threaded.
class FakeSampleTimer : public SampleTimer {
 public:
  std::unique_ptr<SampleTimer::Handle> Every(absl::Duration interval, std::function<void()> tick) override {
    last_interval = interval;
    return std::make_unique<Entry>(*this, std::move(tick));
  }
  void Tick() {
    for (const Entry* entry : entries_) entry->tick();
  }
  size_t handles() const { return entries_.size(); }

  absl::Duration last_interval;

 private:
  class Entry : public SampleTimer::Handle {
   public:
    Entry(FakeSampleTimer& timer, std::function<void()> on_tick) : tick(std::move(on_tick)), timer_(timer) {
      timer_.entries_.push_back(this);
    }
    ~Entry() override { timer_.entries_.erase(std::find(timer_.entries_.begin(), timer_.entries_.end(), this)); }

    const std::function<void()> tick;

   private:
    FakeSampleTimer& timer_;
  };

  std::vector<Entry*> entries_;
};

}  // namespace cimvisor::broker::testing

#endif  // CIMVISOR_SERVICE_BROKER_TESTING_FAKE_SAMPLE_TIMER_H_
