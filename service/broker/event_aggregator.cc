#include "service/broker/event_aggregator.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/cim/errors.h"

namespace cimvisor::broker {
namespace {

void Set(cim::Instance& instance, absl::string_view name, cim::Value value) {
  const int slot = instance.cls().FindProperty(name);
  if (slot >= 0) instance.set_value(slot, std::move(value));
}

}  // namespace

absl::Status EventAggregator::Add(const FeedEvent& event, int64_t revision, absl::Time time) {
  EndUntil(time);
  last_revision_ = std::max(last_revision_, revision);
  std::string key = group_.KeyOf({event.event.get(), event.target.get(), event.previous.get()});
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (open_.size() >= kMostGroups) {
      return cim::CimError(cim::CimStatus::kServerLimitsExceeded,
                           absl::StrCat("the GROUP clause makes more than ", kMostGroups,
                                        " groups at once: group by less, or over a shorter WITHIN"));
    }
    open_.push_back(Group{key, time, revision, 0, nullptr});
    found = by_key_.emplace(std::move(key), std::prev(open_.end())).first;
  }
  ++found->second->count;
  found->second->representative = event.event;
  return absl::OkStatus();
}

void EventAggregator::EndUntil(absl::Time now) {
  const absl::Duration within = absl::Seconds(group_.within_seconds());
  while (!open_.empty() && open_.front().begin + within <= now) {
    const Group group = std::move(open_.front());
    open_.pop_front();
    by_key_.erase(group.key);
    auto aggregate = std::make_shared<cim::Instance>(group_.aggregate_class());
    Set(*aggregate, "NumberOfEvents", cim::Value::Unsigned(cim::CimType::kUint32, group.count));
    Set(*aggregate, "Representative", cim::Value::Object(group.representative));
    if (!group_.Selects(*aggregate)) continue;
    Event event;
    event.revision = open_.empty() ? last_revision_ : std::min(last_revision_, open_.front().first_revision - 1);
    event.index = UINT32_MAX;
    event.time = group.begin + within;
    for (size_t slot = 0; slot < aggregate->cls().properties().size(); ++slot) {
      event.slots.push_back(static_cast<int>(slot));
    }
    event.event = std::move(aggregate);
    ended_.push_back(std::move(event));
  }
}

void EventAggregator::TakeEnded(absl::Time now, std::deque<Event>* events) {
  EndUntil(now);
  events->insert(events->end(), std::make_move_iterator(ended_.begin()), std::make_move_iterator(ended_.end()));
  ended_.clear();
}

}  // namespace cimvisor::broker
