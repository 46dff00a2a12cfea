// Errors of the service as absl::Status, with the typed detail that the service sends along.
#ifndef CIMVISOR_CLIENTS_CPP_ERRORS_H_
#define CIMVISOR_CLIENTS_CPP_ERRORS_H_

#include <optional>

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "cimvisor/v1/types.pb.h"

namespace cimvisor::client {

// The same code and message; the service's ErrorDetail is kept as a payload.
absl::Status FromGrpcStatus(const grpc::Status& status);

// The CIM status, WMI code and so on of a failed call; nothing for errors that the service did not make (no
// connection).
std::optional<cimvisor::v1::ErrorDetail> ErrorDetailOf(const absl::Status& status);

// The connection broke, or the service is closing, overloaded, or cut a slow reader: the same call on another
// connection may do better. Nothing is said about whether a changing call was carried out.
bool IsMendedByReconnect(const absl::Status& status);

}  // namespace cimvisor::client

#endif  // CIMVISOR_CLIENTS_CPP_ERRORS_H_
