// Client::Invoke, and what its result says.
#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "clients/cpp/errors.h"
#include "clients/cpp/status_macros.h"

namespace cimvisor::client {

std::string InvokeResult::job_path() const {
  const Value* job = Find(out_parameters, "Job");
  return job == nullptr ? "" : job->reference();
}

absl::Status InvokeResult::ToStatus(absl::string_view method) const {
  if (return_value == 0 || return_value == 4096) return absl::OkStatus();
  std::string message = Text(error, "Message");
  if (message.empty()) message = "the service gave no further explanation";
  return absl::FailedPreconditionError(absl::StrCat(method, " returned ", return_value, ": ", message));
}

std::string NewRequestId() {
  std::random_device random;  // getrandom
  std::string id;
  for (int i = 0; i < 4; ++i) absl::StrAppendFormat(&id, "%08x", random());
  return id;
}

absl::Status Client::InvokeRepeatedly(const cimvisor::v1::InvokeMethodRequest& request,
                                      cimvisor::v1::InvokeMethodResponse& response) {
  // Without an id the service could do a repeated call twice; without an earlier answer the address may be wrong.
  const bool may_repeat = !request.header().request_id().empty() && was_answered_;
  const absl::Time give_up = absl::Now() + std::min(options_.patience, options_.deadline);
  absl::Duration pause = absl::Milliseconds(50);
  while (true) {
    grpc::ClientContext context;
    Prepare(context, options_.deadline);
    const absl::Status status = ToStatus(objects_->InvokeMethod(&context, request, &response));
    if (status.ok() || !may_repeat || !IsMendedByReconnect(status)) return status;
    const absl::Time now = absl::Now();
    if (now >= give_up) return status;
    absl::SleepFor(std::min(pause, give_up - now));
    pause = std::min(pause * 2, absl::Seconds(1));
    channel_->WaitForConnected(absl::ToChronoTime(give_up));
  }
}

absl::StatusOr<InvokeResult> Client::Invoke(const std::string& path, const std::string& method,
                                            const std::vector<Property>& parameters, const InvokeOptions& options) {
  cimvisor::v1::InvokeMethodRequest request;
  FillHeader(request.mutable_header());
  request.mutable_header()->set_request_id(options.request_id);
  request.mutable_header()->set_expected_revision(options.expected_revision);
  if (options.plan) request.mutable_header()->set_mode(cimvisor::v1::MODE_PLAN);
  request.set_path(path);
  request.set_method(method);
  for (const Property& parameter : parameters) *request.add_parameters() = parameter;
  cimvisor::v1::InvokeMethodResponse response;
  RETURN_IF_ERROR(InvokeRepeatedly(request, response));
  InvokeResult result;
  result.return_value = response.return_value();
  for (auto& parameter : *response.mutable_out_parameters()) {
    *result.out_parameters.add_properties() = std::move(parameter);
  }
  result.error = std::move(*response.mutable_error());
  result.plan.assign(response.plan().begin(), response.plan().end());
  result.revision = response.header().revision();
  result.replayed = response.replayed();
  return result;
}

}  // namespace cimvisor::client
