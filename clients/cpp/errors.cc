#include "clients/cpp/errors.h"

#include <string>

#include "absl/strings/cord.h"

namespace cimvisor::client {
namespace {

constexpr char kPayloadUrl[] = "type.googleapis.com/cimvisor.v1.ErrorDetail";

}  // namespace

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  cimvisor::v1::ErrorDetail detail;
  const std::string& bytes = status.error_details();
  if (!bytes.empty() && detail.ParseFromString(bytes)) result.SetPayload(kPayloadUrl, absl::Cord(bytes));
  return result;
}

std::optional<cimvisor::v1::ErrorDetail> ErrorDetailOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  cimvisor::v1::ErrorDetail detail;
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

bool IsMendedByReconnect(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return true;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kResourceExhausted:
      return ErrorDetailOf(status).has_value();  // without: a message too large for this client stays so
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return !ErrorDetailOf(status).has_value();  // of the transport: a reset stream
    default:
      return false;
  }
}

}  // namespace cimvisor::client
