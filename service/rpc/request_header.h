// What every request carries -> broker::CallContext. What is not offered is refused by name, never ignored.
#ifndef CIMVISOR_SERVICE_RPC_REQUEST_HEADER_H_
#define CIMVISOR_SERVICE_RPC_REQUEST_HEADER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cimvisor/v1/object_manager.pb.h"
#include "service/broker/call.h"
#include "service/cim/instance.h"
#include "service/rpc/renderers.h"

namespace cimvisor::rpc {

// What one call offers of the header's fields.
struct HeaderOffer {
  absl::string_view call;        // "GetInstance", for messages
  bool changes = false;          // request_id, expected_revision and MODE_PLAN go to the broker
  bool renders_classes = false;  // MOF of classes
  bool renders_instances = false;
};

// The namespace, mode, request id and expected revision, checked; the caller, deadline and cancellation are the call's.
// CIM_ERR_NOT_SUPPORTED (UNIMPLEMENTED) names the field that this call does not offer; kInvalidArgument names one that
// makes no sense.
absl::StatusOr<broker::CallContext> ReadHeader(const v1::RequestHeader& header, const HeaderOffer& offer,
                                               const Renderers& renderers);

// The function that renders instances in the request's representation; empty for objects.
InstanceRenderer ChosenRenderer(const v1::RequestHeader& header, const Renderers& renderers);

// What every answer carries. Strings are those of the service.
struct ServiceIdentity {
  std::string instance_id;  // of the database
  std::string server_name;  // __SERVER
};
void WriteHeader(const ServiceIdentity& identity, int64_t revision, v1::ResponseHeader& out);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_REQUEST_HEADER_H_
