// absl::Status with a CIM status -> grpc::Status with a cimvisor.v1.ErrorDetail.
#ifndef CIMVISOR_SERVICE_RPC_STATUS_CONVERSION_H_
#define CIMVISOR_SERVICE_RPC_STATUS_CONVERSION_H_

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cimvisor::rpc {

// The longest message that is sent. Both it and the detail travel in HTTP/2 trailers, which clients limit to 8 KiB.
inline constexpr size_t kMaximumMessageBytes = 1024;

// The code is that of `status`; the detail has the CIM status and the WMI code (service/cim/errors.h) and stands, as a
// serialised ErrorDetail, in the status's details (the trailer grpc-status-details-bin). Long messages are cut, with an
// ellipsis.
grpc::Status ToGrpcStatus(const absl::Status& status);

// Valid UTF-8 of at most `limit` bytes: what is no UTF-8 becomes '?', what is cut ends in "...".
std::string CleanText(absl::string_view text, size_t limit);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_STATUS_CONVERSION_H_
