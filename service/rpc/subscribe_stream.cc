#include "service/rpc/subscribe_stream.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "service/cim/datetime.h"
#include "service/cim/status_macros.h"
#include "service/rpc/status_conversion.h"
#include "service/rpc/value_conversion.h"

namespace cimvisor::rpc {
namespace {

constexpr size_t kEventsPerMessage = 32;

// Whoever holds busy_ does the next step: opens, fetches, sends, or finishes. A notification or a cancellation that
// comes meanwhile is only noted. busy_ stays held after Finish, so that nothing touches the object then.
class SubscribeStream : public grpc::ServerWriteReactor<v1::SubscribeResponse> {
 public:
  SubscribeStream(const Environment& environment, const CallerSource& callers,
                  const grpc::CallbackServerContext& context, const v1::SubscribeRequest& request)
      : environment_(environment),
        callers_(callers),
        context_(context),
        request_(request),
        render_(ChosenRenderer(request.header(), environment.renderers)),
        writer_(environment.identity.server_name) {}

  void Start() {
    Continue([this] { Open(); });
  }

  void OnWriteDone(bool ok) override {
    if (!ok || IsCancelled()) {
      Finish(Ended());
    } else {
      Continue([this] { Fetch(); });
    }
  }

  void OnCancel() override {
    {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
      if (busy_) return;
      busy_ = true;
    }
    Finish(Ended());
  }

  void OnDone() override { delete this; }

 private:
  static grpc::Status Ended() { return ToGrpcStatus(absl::CancelledError("the subscription was ended")); }

  // The next step, by the holder of busy_.
  void Continue(std::function<void()> step) {
    if (!environment_.streams->Post(std::move(step))) Finish(ToGrpcStatus(TooManyCalls()));
  }

  void Open() {
    const absl::Status opened = OpenSubscription();
    if (!opened.ok()) {
      Finish(ToGrpcStatus(opened));
      return;
    }
    response_.Clear();
    WriteHeader(environment_.identity, subscription_->start_revision(), *response_.mutable_header());
    StartWrite(&response_);
  }

  absl::Status OpenSubscription() {
    ASSIGN_OR_RETURN(broker::CallContext call, MakeCallContext(environment_, callers_, context_, request_.header(),
                                                               {.call = "Subscribe", .renders_instances = true}));
    call.deadline = absl::FromChrono(context_.deadline());  // a watcher may stay
    broker::SubscribeRequest subscribe;
    subscribe.wql = request_.wql();
    if (request_.start_case() == v1::SubscribeRequest::kAfterRevision) {
      subscribe.after_revision = request_.after_revision();
      if (request_.has_after_index()) subscribe.after_index = request_.after_index();
    }
    ASSIGN_OR_RETURN(subscription_, environment_.broker->Subscribe(call, subscribe, [this] { Rouse(); }));
    return absl::OkStatus();
  }

  // Called by the broker on any thread.
  void Rouse() {
    {
      absl::MutexLock lock(&mutex_);
      roused_ = true;
      if (busy_) return;
      busy_ = true;
    }
    Continue([this] { Fetch(); });
  }

  void Fetch() {
    while (true) {
      {
        absl::MutexLock lock(&mutex_);
        roused_ = false;
      }
      absl::StatusOr<std::vector<broker::Event>> events = subscription_->Take(kEventsPerMessage);
      if (!events.ok()) {
        Finish(ToGrpcStatus(events.status()));
        return;
      }
      if (!events->empty()) {
        response_.Clear();
        for (const broker::Event& event : *events) WriteEvent(event, *response_.add_events());
        StartWrite(&response_);
        return;
      }
      absl::MutexLock lock(&mutex_);
      if (roused_) continue;
      if (cancelled_) break;
      busy_ = false;
      return;
    }
    Finish(Ended());
  }

  void WriteEvent(const broker::Event& event, v1::Event& out) const {
    out.set_revision(event.revision);
    out.set_index(event.index);
    out.set_time(cim::DateTime::FromTime(event.time).ToText());
    if (render_) {
      out.set_text(render_(*event.event, &event.slots));
    } else {
      writer_.Write(*event.event, event.slots, *out.mutable_event());
    }
  }

  bool IsCancelled() {
    absl::MutexLock lock(&mutex_);
    return cancelled_;
  }

  const Environment& environment_;
  const CallerSource& callers_;
  const grpc::CallbackServerContext& context_;
  const v1::SubscribeRequest& request_;
  const InstanceRenderer render_;
  const ProtoWriter writer_;
  v1::SubscribeResponse response_;  // of the holder of busy_

  absl::Mutex mutex_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = true;  // Start comes first
  bool roused_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;

  // The last member: its destructor waits for a Rouse that is running.
  std::unique_ptr<broker::Subscription> subscription_;
};

}  // namespace

grpc::ServerWriteReactor<v1::SubscribeResponse>* StartSubscription(const Environment& environment,
                                                                   const CallerSource& callers,
                                                                   const grpc::CallbackServerContext& context,
                                                                   const v1::SubscribeRequest& request) {
  auto* stream = new SubscribeStream(environment, callers, context, request);
  stream->Start();
  return stream;
}

}  // namespace cimvisor::rpc
