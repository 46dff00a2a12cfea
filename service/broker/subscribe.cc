#include "service/broker/subscribe.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/broker/access.h"
#include "service/broker/event_aggregator.h"
#include "service/broker/names.h"
#include "service/broker/sampled_subscription.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/events/event_hub.h"
#include "service/wql/event_query.h"
#include "service/wql/parser.h"
#include "service/wql/query_error.h"

namespace cimvisor::broker {
namespace {

// Journal entries taken from the hub at once.
constexpr size_t kEntriesPerPoll = 256;

// The place of an event: its revision, and the place of its entry and of the event among those of the entry.
using Position = std::pair<int64_t, uint32_t>;

uint32_t IndexOf(const store::JournalEntry& entry, size_t event) {
  return (static_cast<uint32_t>(entry.index) << 16) | static_cast<uint32_t>(std::min<size_t>(event, UINT16_MAX));
}

// How exactly a group's end is met: events have no need of more.
absl::Duration TickOf(const wql::EventGroup& group) {
  return std::clamp(absl::Seconds(group.within_seconds()) / 10, absl::Milliseconds(20), absl::Seconds(1));
}

class JournalSubscription : public Subscription {
 public:
  JournalSubscription(const BrokerDependencies& dependencies, EventFeed& feed, security::Caller caller,
                      wql::EventQuery query, std::function<void()> on_ready)
      : dependencies_(dependencies),
        feed_(feed),
        caller_(std::move(caller)),
        query_(std::move(query)),
        on_ready_(std::move(on_ready)) {}

  absl::Status Open(const SubscribeRequest& request, SampleTimer& timer) {
    std::optional<int64_t> after = request.after_revision;
    const bool within_revision = after.has_value() && *after > 0 && request.after_index.has_value();
    if (within_revision) --*after;  // its other events are to come
    RETURN_IF_ERROR(Attach(after));
    if (after.has_value()) {
      start_revision_ = *request.after_revision;
      seen_ = Position(*request.after_revision, within_revision ? *request.after_index : UINT32_MAX);
    } else {
      // Asked for after the hub was: what commits in between is delivered too, and nothing is missed.
      start_revision_ = dependencies_.read_points->Current()->revision();
    }
    if (query_.group() != nullptr) {
      aggregator_.emplace(*query_.group());
      tick_ = timer.Every(TickOf(*query_.group()), [this] {
        if (has_groups_) on_ready_();
      });
    }
    return absl::OkStatus();
  }

  int64_t start_revision() const override { return start_revision_; }

  absl::StatusOr<std::vector<Event>> Take(size_t limit) override {
    while (pending_.empty()) {
      absl::StatusOr<events::EventBatch> batch = source_->Poll(kEntriesPerPoll);
      if (!batch.ok()) {
        // Too slow for the hub's ring: the journal still has what comes next.
        const std::optional<int64_t> resume = events::ResumeRevision(batch.status());
        if (!resume.has_value()) return batch.status();
        RETURN_IF_ERROR(Attach(resume));
        continue;
      }
      if (batch->entries.empty()) break;
      for (const auto& entry : batch->entries) RETURN_IF_ERROR(Consider(*entry));
    }
    if (aggregator_.has_value()) {
      aggregator_->TakeEnded(absl::Now(), &pending_);
      has_groups_ = !aggregator_->empty();
    }
    std::vector<Event> events;
    while (!pending_.empty() && events.size() < limit) {
      events.push_back(std::move(pending_.front()));
      pending_.pop_front();
    }
    return events;
  }

 private:
  absl::Status Attach(std::optional<int64_t> after) {
    events::SubscribeRequest request;
    request.after = after;
    source_.reset();
    ASSIGN_OR_RETURN(source_, dependencies_.events->Subscribe(std::move(request), on_ready_));
    return absl::OkStatus();
  }

  absl::Status Consider(const store::JournalEntry& entry) {
    // Resuming begins at a revision's first entry, which may have been delivered already.
    if (Position(entry.revision, IndexOf(entry, UINT16_MAX)) <= seen_) return absl::OkStatus();
    const auto events = feed_.Render(entry);
    for (size_t i = 0; i < events->size(); ++i) {
      const FeedEvent& candidate = (*events)[i];
      const Position position(entry.revision, IndexOf(entry, i));
      if (position <= seen_) continue;
      if (!query_.Matches(*candidate.event, candidate.target.get(), candidate.previous.get())) continue;
      const cim::Class& about = candidate.target != nullptr ? candidate.target->cls() : candidate.event->cls();
      if (!MayRead(dependencies_, caller_, about)) continue;
      if (aggregator_.has_value()) {
        RETURN_IF_ERROR(aggregator_->Add(candidate, entry.revision, entry.time));
      } else {
        pending_.push_back(Event{entry.revision, position.second, entry.time, candidate.event,
                                 EventSlots(query_, candidate.event->cls())});
      }
    }
    seen_ = Position(entry.revision, IndexOf(entry, UINT16_MAX));
    return absl::OkStatus();
  }

  const BrokerDependencies& dependencies_;
  EventFeed& feed_;
  const security::Caller caller_;
  const wql::EventQuery query_;
  const std::function<void()> on_ready_;
  int64_t start_revision_ = 0;
  Position seen_{-1, 0};
  std::deque<Event> pending_;
  std::optional<EventAggregator> aggregator_;  // of a query with GROUP
  std::atomic<bool> has_groups_ = false;
  // The last members: their destructors wait for a notification that is running.
  std::unique_ptr<events::Subscription> source_;
  std::unique_ptr<SampleTimer::Handle> tick_;
};

// Events that WMI has and that nobody raises here, though what they are about may happen.
absl::string_view WhyNeverRaised(const cim::Class& event_class) {
  if (event_class.IsA("__MethodInvocationEvent")) return "calls of methods raise no events; see Cimvisor_AuditRecord";
  if (event_class.IsA("__TimerEvent")) return "there are no timer instructions here; let the client keep the time";
  return "";
}

absl::StatusOr<wql::EventQuery> CompileEventQuery(const BrokerDependencies& dependencies, const std::string& name_space,
                                                  const wql::Query& query) {
  const auto* select = std::get_if<wql::SelectQuery>(&query.statement);
  if (select == nullptr) return wql::QueryError(query.text, 0, "a subscription is a SELECT over events");
  ASSIGN_OR_RETURN(std::shared_ptr<const cim::Class> cls, dependencies.classes->Find(name_space, select->class_name));
  const absl::string_view never = WhyNeverRaised(*cls);
  if (!never.empty()) {
    return wql::QueryError(query.text, select->class_offset,
                           absl::StrCat("events of ", cls->name(), " are not supported: ", never),
                           cim::CimStatus::kNotSupported);
  }
  // Classes and namespaces do not change while the service runs: __ClassOperationEvent and __NamespaceOperationEvent
  // are accepted, as WMI does, and none comes.
  if (!cls->IsA("__Event")) {
    return wql::QueryError(query.text, select->class_offset,
                           absl::StrCat(cls->name(),
                                        " is no class of events; a subscription selects from "
                                        "__InstanceCreationEvent, __InstanceModificationEvent, "
                                        "__InstanceDeletionEvent, __InstanceOperationEvent or a class below "
                                        "__ExtrinsicEvent"));
  }
  return wql::EventQuery::Compile(*select, query.text, std::move(cls),
                                  wql::CompileContext{dependencies.classes, dependencies.server_name});
}

}  // namespace

absl::StatusOr<std::unique_ptr<Subscription>> RunSubscribe(const BrokerDependencies& dependencies, EventFeeds& feeds,
                                                           SampleTimer& timer, const CallContext& call,
                                                           const SubscribeRequest& request,
                                                           std::function<void()> on_ready) {
  RETURN_IF_ERROR(CheckReadCall(call, "Subscribe"));
  ASSIGN_OR_RETURN(const std::string name_space, ResolveNamespace(*dependencies.classes, call.name_space));
  ASSIGN_OR_RETURN(const wql::Query query, wql::ParseQuery(request.wql));
  ASSIGN_OR_RETURN(wql::EventQuery compiled, CompileEventQuery(dependencies, name_space, query));
  const std::shared_ptr<const cim::Class>& target = compiled.target_class();
  const cim::Class& about = target != nullptr ? *target : *compiled.event_class();
  RETURN_IF_ERROR(CheckRight(dependencies, call, dependencies.right_for(about, ""), "Subscribe", about.name()));
  if (!compiled.volatile_properties().empty())
    return SubscribeBySampling(dependencies, timer, call, request, std::move(compiled), std::move(on_ready));
  ASSIGN_OR_RETURN(EventFeed * feed, feeds.Find(name_space));
  auto subscription =
      std::make_unique<JournalSubscription>(dependencies, *feed, call.caller, std::move(compiled), std::move(on_ready));
  RETURN_IF_ERROR(subscription->Open(request, timer));
  return subscription;
}

}  // namespace cimvisor::broker
