#include "service/broker/subscribe.h"

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/broker/access.h"
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

// The place after which an entry was not looked at yet.
using Position = std::pair<int64_t, int32_t>;

class JournalSubscription : public Subscription {
 public:
  JournalSubscription(const BrokerDependencies& dependencies, EventFeed& feed, security::Caller caller,
                      wql::EventQuery query, std::function<void()> on_ready)
      : dependencies_(dependencies),
        feed_(feed),
        caller_(std::move(caller)),
        query_(std::move(query)),
        on_ready_(std::move(on_ready)) {}

  absl::Status Open(std::optional<int64_t> after) {
    RETURN_IF_ERROR(Attach(after));
    if (after.has_value()) {
      start_revision_ = *after;
      seen_ = Position(*after, INT32_MAX);
    } else {
      // Asked for after the hub was: what commits in between is delivered too, and nothing is missed.
      start_revision_ = dependencies_.read_points->Current()->revision();
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
      for (const auto& entry : batch->entries) Consider(*entry);
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

  void Consider(const store::JournalEntry& entry) {
    // Resuming begins at a revision's first entry, which may have been delivered already.
    const Position position(entry.revision, entry.index);
    if (position <= seen_) return;
    seen_ = position;
    const auto events = feed_.Render(entry);
    for (const FeedEvent& candidate : *events) {
      if (!query_.Matches(*candidate.event, *candidate.target, candidate.previous.get())) continue;
      if (!MayRead(dependencies_, caller_, candidate.target->cls())) continue;
      pending_.push_back(
          Event{entry.revision, entry.time, candidate.event, EventSlots(query_, candidate.event->cls())});
    }
  }

  const BrokerDependencies& dependencies_;
  EventFeed& feed_;
  const security::Caller caller_;
  const wql::EventQuery query_;
  const std::function<void()> on_ready_;
  int64_t start_revision_ = 0;
  Position seen_{-1, 0};
  std::deque<Event> pending_;
  std::unique_ptr<events::Subscription> source_;
};

absl::StatusOr<wql::EventQuery> CompileEventQuery(const BrokerDependencies& dependencies, const std::string& name_space,
                                                  const wql::Query& query) {
  const auto* select = std::get_if<wql::SelectQuery>(&query.statement);
  if (select == nullptr) return wql::QueryError(query.text, 0, "a subscription is a SELECT over events");
  ASSIGN_OR_RETURN(std::shared_ptr<const cim::Class> cls, dependencies.classes->Find(name_space, select->class_name));
  if (!select->IsEventQuery()) {
    if (cls->is_indication()) {
      return wql::QueryError(query.text, select->class_offset,
                             absl::StrCat("events of ", cls->name(), " are not supported"),
                             cim::CimStatus::kNotSupported);
    }
    return wql::QueryError(query.text, select->class_offset,
                           absl::StrCat(cls->name(),
                                        " is no class of events; a subscription selects from "
                                        "__InstanceCreationEvent, __InstanceModificationEvent, "
                                        "__InstanceDeletionEvent or __InstanceOperationEvent"));
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
  if (target != nullptr) {
    RETURN_IF_ERROR(CheckRight(dependencies, call, dependencies.right_for(*target, ""), "Subscribe", target->name()));
  }
  if (!compiled.volatile_properties().empty())
    return SubscribeBySampling(dependencies, timer, call, request, std::move(compiled), std::move(on_ready));
  ASSIGN_OR_RETURN(EventFeed * feed, feeds.Find(name_space));
  auto subscription =
      std::make_unique<JournalSubscription>(dependencies, *feed, call.caller, std::move(compiled), std::move(on_ready));
  RETURN_IF_ERROR(subscription->Open(request.after_revision));
  return subscription;
}

}  // namespace cimvisor::broker
