#include "service/broker/event_feeds.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::broker {

absl::StatusOr<EventFeed*> EventFeeds::Find(const std::string& name_space) {
  absl::MutexLock lock(&mutex_);
  const auto found = feeds_.find(name_space);
  if (found != feeds_.end()) return found->second.get();
  const EventRenderer* renderer = dependencies_.providers->FindEventRenderer(name_space);
  if (renderer == nullptr) {
    return cim::CimError(cim::CimStatus::kNotSupported, absl::StrCat("the namespace ", name_space, " has no events"));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<EventFeed> feed, EventFeed::Create(*dependencies_.classes, name_space, *renderer));
  return feeds_.emplace(name_space, std::move(feed)).first->second.get();
}

}  // namespace cimvisor::broker
