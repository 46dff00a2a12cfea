#include "service/rpc/environment.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::rpc {

absl::Time CallDeadline(const grpc::CallbackServerContext& context, const Limits& limits) {
  return std::min(absl::FromChrono(context.deadline()), absl::Now() + limits.call);
}

absl::StatusOr<broker::CallContext> MakeCallContext(const Environment& environment, const CallerSource& callers,
                                                    const grpc::CallbackServerContext& context,
                                                    const v1::RequestHeader& header, const HeaderOffer& offer) {
  ASSIGN_OR_RETURN(broker::CallContext call, ReadHeader(header, offer, environment.renderers));
  call.caller = callers.CallerOf(context);
  call.deadline = CallDeadline(context, environment.limits);
  call.cancelled = [&context] { return context.IsCancelled(); };
  return call;
}

absl::Status TooManyCalls() {
  return cim::CimError(cim::CimStatus::kServerLimitsExceeded,
                       "too many calls wait already; try again in a moment, with fewer calls at once");
}

}  // namespace cimvisor::rpc
