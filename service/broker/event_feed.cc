#include "service/broker/event_feed.h"

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/cim/status_macros.h"

namespace cimvisor::broker {
namespace {

// Watchers that keep up read the same few entries; those that replay the journal read others and share nothing.
constexpr size_t kRecentEntries = 128;

// TIME_CREATED counts 100 ns from 1601-01-01T00:00:00Z (MS-WMI, FILETIME).
uint64_t FileTime(absl::Time time) {
  constexpr int64_t kTicksTo1970 = 116444736000000000;
  return static_cast<uint64_t>(absl::ToUnixMicros(time) * 10 + kTicksTo1970);
}

void SetIfPresent(cim::Instance& instance, absl::string_view name, cim::Value value) {
  const int slot = instance.cls().FindProperty(name);
  if (slot >= 0) instance.set_value(slot, std::move(value));
}

}  // namespace

std::shared_ptr<const cim::Instance> MakeEventInstance(const std::shared_ptr<const cim::Class>& event_class,
                                                       const RenderedEvent& rendered, absl::Time time) {
  auto event = std::make_shared<cim::Instance>(event_class);
  SetIfPresent(*event, "TargetInstance", cim::Value::Object(rendered.target));
  if (rendered.previous != nullptr) SetIfPresent(*event, "PreviousInstance", cim::Value::Object(rendered.previous));
  SetIfPresent(*event, "TIME_CREATED", cim::Value::Unsigned(cim::CimType::kUint64, FileTime(time)));
  return event;
}

absl::StatusOr<std::unique_ptr<EventFeed>> EventFeed::Create(const cim::ClassRepository& classes,
                                                             const std::string& name_space,
                                                             const EventRenderer& renderer) {
  auto feed = std::unique_ptr<EventFeed>(new EventFeed(renderer));
  ASSIGN_OR_RETURN(feed->creation_, classes.Find(name_space, "__InstanceCreationEvent"));
  ASSIGN_OR_RETURN(feed->modification_, classes.Find(name_space, "__InstanceModificationEvent"));
  ASSIGN_OR_RETURN(feed->deletion_, classes.Find(name_space, "__InstanceDeletionEvent"));
  return feed;
}

EventFeed::Events EventFeed::Render(const store::JournalEntry& entry) {
  const Position position(entry.revision, entry.index);
  {
    absl::MutexLock lock(&mutex_);
    for (auto recent = recent_.rbegin(); recent != recent_.rend(); ++recent) {
      if (recent->first == position) return recent->second;
    }
  }
  // Not under the lock: two who come at once render it twice, which is only work.
  Events events = RenderAnew(entry);
  absl::MutexLock lock(&mutex_);
  recent_.emplace_back(position, events);
  if (recent_.size() > kRecentEntries) recent_.pop_front();
  return events;
}

EventFeed::Events EventFeed::RenderAnew(const store::JournalEntry& entry) const {
  auto events = std::make_shared<std::vector<FeedEvent>>();
  for (RenderedEvent& rendered : renderer_.Render(entry)) {
    if (rendered.kind == store::JournalEntry::Kind::kOccurred) {
      if (rendered.extrinsic == nullptr) continue;
      SetIfPresent(*rendered.extrinsic, "TIME_CREATED",
                   cim::Value::Unsigned(cim::CimType::kUint64, FileTime(entry.time)));
      events->push_back({std::move(rendered.extrinsic), nullptr, nullptr});
      continue;
    }
    if (rendered.target == nullptr) continue;
    const auto& cls = rendered.kind == store::JournalEntry::Kind::kCreated   ? creation_
                      : rendered.kind == store::JournalEntry::Kind::kDeleted ? deletion_
                                                                             : modification_;
    FeedEvent event;
    event.event = MakeEventInstance(cls, rendered, entry.time);
    event.target = std::move(rendered.target);
    event.previous = std::move(rendered.previous);
    events->push_back(std::move(event));
  }
  return events;
}

}  // namespace cimvisor::broker
