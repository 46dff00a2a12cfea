#include "service/broker/sampled_subscription.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "service/broker/access.h"
#include "service/broker/event_feed.h"
#include "service/broker/sample_timer.h"
#include "service/cim/errors.h"
#include "service/cim/object_path.h"
#include "service/cim/status_macros.h"

namespace cimvisor::broker {
namespace {

// However small the WITHIN, nobody makes the service sample more often.
constexpr absl::Duration kShortestInterval = absl::Milliseconds(250);

using InstancePointer = std::shared_ptr<const cim::Instance>;
using Sample = absl::flat_hash_map<cim::ObjectPath, InstancePointer>;

class SampledSubscription : public Subscription {
 public:
  SampledSubscription(const BrokerDependencies& dependencies, CallContext call, wql::EventQuery query)
      : dependencies_(dependencies), call_(std::move(call)), query_(std::move(query)) {}

  absl::Status Open(SampleTimer& timer, std::function<void()> on_ready) {
    const std::string& name_space = query_.event_class()->name_space();
    ASSIGN_OR_RETURN(creation_, dependencies_.classes->Find(name_space, "__InstanceCreationEvent"));
    ASSIGN_OR_RETURN(modification_, dependencies_.classes->Find(name_space, "__InstanceModificationEvent"));
    ASSIGN_OR_RETURN(deletion_, dependencies_.classes->Find(name_space, "__InstanceDeletionEvent"));
    const ReadContext first = MakeReadContext(dependencies_, call_);
    start_revision_ = first.read_point->revision();
    ASSIGN_OR_RETURN(last_, Read(first));
    const absl::Duration interval = std::max(absl::Seconds(query_.within_seconds()), kShortestInterval);
    handle_ = timer.Every(interval, [this, ready = std::move(on_ready)] {
      due_ = true;
      ready();
    });
    return absl::OkStatus();
  }

  int64_t start_revision() const override { return start_revision_; }

  absl::StatusOr<std::vector<Event>> Take(size_t limit) override {
    if (pending_.empty() && due_.exchange(false)) {
      ASSIGN_OR_RETURN(Sample now, Read(MakeReadContext(dependencies_, call_)));
      Compare(now);
      last_ = std::move(now);
    }
    std::vector<Event> events;
    while (!pending_.empty() && events.size() < limit) {
      events.push_back(std::move(pending_.front()));
      pending_.pop_front();
    }
    return events;
  }

 private:
  absl::StatusOr<Sample> Read(const ReadContext& context) const {
    Sample sample;
    for (const auto& cls : dependencies_.classes->WithSubclasses(*query_.target_class())) {
      Provider* provider = cls->is_abstract() ? nullptr : dependencies_.providers->Find(*cls);
      if (provider == nullptr || !query_.SelectsClass(*cls) || !MayRead(dependencies_, call_.caller, *cls)) continue;
      EnumerateRequest request;
      request.cls = cls;
      for (const wql::Hint& hint : query_.KeyHints(*cls))
        request.hints.push_back(LookupHint{hint.slot, hint.value, hint.is_prefix});
      RETURN_IF_ERROR(provider->Enumerate(context, request, [&](InstancePointer instance) {
        cim::ObjectPath path = instance->Path();
        sample.insert_or_assign(std::move(path), std::move(instance));
        return true;
      }));
    }
    return sample;
  }

  void Compare(const Sample& now) {
    for (const auto& [path, instance] : now) {
      const auto before = last_.find(path);
      if (before == last_.end()) {
        Consider(creation_, {store::JournalEntry::Kind::kCreated, instance, nullptr});
      } else if (!(*before->second == *instance)) {
        Consider(modification_, {store::JournalEntry::Kind::kModified, instance, before->second});
      }
    }
    for (const auto& [path, instance] : last_) {
      if (!now.contains(path)) Consider(deletion_, {store::JournalEntry::Kind::kDeleted, instance, nullptr});
    }
  }

  void Consider(const std::shared_ptr<const cim::Class>& event_class, const RenderedEvent& rendered) {
    const absl::Time time = absl::Now();
    const InstancePointer event = MakeEventInstance(event_class, rendered, time);
    if (!query_.Matches(*event, rendered.target.get(), rendered.previous.get())) return;
    pending_.push_back(Event{0, 0, time, event, EventSlots(query_, *event_class)});
  }

  const BrokerDependencies& dependencies_;
  const CallContext call_;
  const wql::EventQuery query_;
  std::shared_ptr<const cim::Class> creation_;
  std::shared_ptr<const cim::Class> modification_;
  std::shared_ptr<const cim::Class> deletion_;
  int64_t start_revision_ = 0;
  Sample last_;
  std::deque<Event> pending_;
  std::atomic<bool> due_{false};
  std::unique_ptr<SampleTimer::Handle> handle_;  // the last member: its destructor waits for a tick
};

}  // namespace

std::vector<int> EventSlots(const wql::EventQuery& query, const cim::Class& event_class) {
  std::vector<int> slots;
  for (size_t i = 0; query.columns().empty() && i < event_class.properties().size(); ++i)
    slots.push_back(static_cast<int>(i));
  for (const std::string& column : query.columns()) {
    const int slot = event_class.FindProperty(column);
    if (slot >= 0 && std::find(slots.begin(), slots.end(), slot) == slots.end()) slots.push_back(slot);
  }
  return slots;
}

absl::StatusOr<std::unique_ptr<Subscription>> SubscribeBySampling(const BrokerDependencies& dependencies,
                                                                  SampleTimer& timer, const CallContext& call,
                                                                  const SubscribeRequest& request,
                                                                  wql::EventQuery query,
                                                                  std::function<void()> on_ready) {
  const std::string what = absl::StrCat("events on volatile properties (",
                                        absl::StrJoin(query.volatile_properties(), ", "), ") are sampled");
  if (request.after_revision.has_value()) {
    return cim::CimError(cim::CimStatus::kNotSupported,
                         absl::StrCat(what, " and cannot be resumed: leave out the revision"));
  }
  if (query.group() != nullptr) {
    return cim::CimError(cim::CimStatus::kNotSupported,
                         absl::StrCat(what, " and cannot be counted in groups: leave out the GROUP clause"));
  }
  if (query.target_class() == nullptr || query.within_seconds() <= 0) {
    return cim::CimError(cim::CimStatus::kInvalidQuery,
                         absl::StrCat(what,
                                      ": the query needs WITHIN with a number of seconds, and TargetInstance ISA "
                                      "in the outermost AND of its WHERE"));
  }
  auto subscription = std::make_unique<SampledSubscription>(dependencies, call, std::move(query));
  RETURN_IF_ERROR(subscription->Open(timer, std::move(on_ready)));
  return subscription;
}

}  // namespace cimvisor::broker
