#include "hypervisor-backend/worker/event_log.h"

#include <algorithm>
#include <utility>

namespace cimvisor::worker {

void EventLog::Add(v1::Event event) {
  event.set_number(next_number_++);
  bytes_ += event.ByteSizeLong();
  events_.push_back(std::move(event));
  while (events_.size() > kKeptEvents || (bytes_ > kKeptEventBytes && events_.size() > 1)) {
    bytes_ -= events_.front().ByteSizeLong();
    events_.pop_front();
  }
}

void EventLog::Acknowledge(uint64_t number) {
  if (number >= next_number_) return;
  while (!events_.empty() && events_.front().number() <= number) {
    bytes_ -= events_.front().ByteSizeLong();
    events_.pop_front();
  }
}

const v1::Event* EventLog::After(uint64_t number) const {
  const auto found = std::upper_bound(events_.begin(), events_.end(), number,
                                      [](uint64_t wanted, const v1::Event& event) { return wanted < event.number(); });
  return found == events_.end() ? nullptr : &*found;
}

}  // namespace cimvisor::worker
