#include "clients/cpp/watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/errors.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::client {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(20);
constexpr absl::Duration kLongestPause = absl::Seconds(1);
// A wait for a connection looks this often whether it was cancelled.
constexpr absl::Duration kWaitStep = absl::Milliseconds(200);

}  // namespace

WatchLoop::WatchLoop(cimvisor::v1::ObjectManager::StubInterface& objects, grpc::Channel& channel,
                     const WatchOptions& options, cimvisor::v1::SubscribeRequest request, absl::Duration patience,
                     Explain explain)
    : objects_(objects),
      channel_(channel),
      options_(options),
      request_(std::move(request)),
      patience_(patience),
      explain_(std::move(explain)),
      cursor_(options.after_revision),
      away_since_(absl::InfiniteFuture()),
      pause_(kFirstPause) {}

absl::Status WatchLoop::Run(Cancellation& cancellation, const EventCallback& on_event) {
  while (true) {
    const absl::StatusOr<End> end = Subscribe(cancellation, on_event);
    if (cancellation.cancelled()) return absl::OkStatus();
    if (end.ok()) {
      if (*end == End::kByCaller) return absl::OkStatus();
      return absl::InternalError("the service ended the watch without a reason");
    }
    // What never started is the caller's to judge: a wrong address, a wrong query, a denial.
    if (!cursor_.started() || patience_ <= absl::ZeroDuration() || !IsMendedByReconnect(end.status())) {
      return end.status();
    }
    if (!cursor_.can_resume()) {
      return absl::UnavailableError(
          absl::StrCat("the connection broke, and a watch of volatile properties cannot be resumed: read the present "
                       "state and watch again (",
                       end.status().message(), ")"));
    }
    RETURN_IF_ERROR(Reconnect(end.status(), cancellation));
    if (cancellation.cancelled()) return absl::OkStatus();
  }
}

absl::StatusOr<WatchLoop::End> WatchLoop::Subscribe(Cancellation& cancellation, const EventCallback& on_event) {
  cursor_.FillStart(request_);
  grpc::ClientContext context;
  if (options_.deadline < absl::InfiniteFuture()) context.set_deadline(absl::ToChronoTime(options_.deadline));
  if (!cancellation.SetContext(&context)) context.TryCancel();
  const auto reader = objects_.Subscribe(&context, request_);
  cimvisor::v1::SubscribeResponse response;
  absl::StatusOr<bool> go_on = true;
  while (reader->Read(&response)) {
    if (!go_on.ok() || !*go_on) continue;  // drain after the cancellation
    go_on = TakeResponse(response, on_event);
    if (!go_on.ok() || !*go_on) context.TryCancel();
  }
  cancellation.SetContext(nullptr);
  const grpc::Status status = reader->Finish();
  RETURN_IF_ERROR(go_on.status());
  if (!*go_on) return End::kByCaller;
  RETURN_IF_ERROR(explain_(status));
  return End::kByService;
}

absl::StatusOr<bool> WatchLoop::TakeResponse(const cimvisor::v1::SubscribeResponse& response,
                                             const EventCallback& on_event) {
  if (response.has_header()) {
    const bool first = !cursor_.started();
    RETURN_IF_ERROR(cursor_.TakeHeader(response.header()));
    if (first && options_.on_started) options_.on_started(response.header().revision());
    if (interrupted_ && options_.on_resumed) options_.on_resumed(cursor_.resume_revision());
    interrupted_ = false;
    away_since_ = absl::InfiniteFuture();
    pause_ = kFirstPause;
  }
  for (const cimvisor::v1::Event& event : response.events()) {
    if (cursor_.IsNew(event) && !on_event(event)) return false;
  }
  return true;
}

absl::Status WatchLoop::Reconnect(const absl::Status& why, Cancellation& cancellation) {
  if (!interrupted_) {
    interrupted_ = true;
    away_since_ = absl::Now();
    if (options_.on_interrupted) options_.on_interrupted(why);
  }
  const absl::Time give_up = std::min(away_since_ + patience_, options_.deadline);
  // A service that takes connections and ends them is not asked in a tight loop.
  if (cancellation.WaitFor(std::min(pause_, give_up - absl::Now()))) return absl::OkStatus();
  pause_ = std::min(pause_ * 2, kLongestPause);
  while (!cancellation.cancelled()) {
    const absl::Time now = absl::Now();
    if (now >= give_up) {
      if (now >= options_.deadline) {
        return absl::DeadlineExceededError(
            absl::StrCat("the deadline passed while the service was away (", why.message(), ")"));
      }
      return absl::UnavailableError(absl::StrCat("the service has been away for ", absl::FormatDuration(patience_),
                                                 ": watch again from revision ", cursor_.resume_revision(), " (",
                                                 why.message(), ")"));
    }
    // Waiting drives the channel's own attempts; a call that does not wait could meet an old refusal for seconds.
    if (channel_.WaitForConnected(absl::ToChronoTime(std::min(now + kWaitStep, give_up)))) return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace cimvisor::client
