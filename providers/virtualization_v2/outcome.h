// How a method ends: its return value, and an Msvm_Error that explains a failure.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_OUTCOME_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_OUTCOME_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "providers/inventory/errors.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/broker/provider.h"
#include "service/cim/object_path.h"

namespace cimvisor::views {

inline constexpr uint32_t kReturnCompleted = 0;
inline constexpr uint32_t kReturnJobStarted = 4096;

// Which list of return values the page of a method gives (providers/schema/facts/wellknown.json, return_codes).
enum class ReturnCodes : uint8_t {
  kHyperV,  // 32768 failed, 32770 not supported, 32773 invalid parameter, …
  kDmtf,    // 2 failed, 1 not supported, 4 invalid parameter; what DMTF has no number for is Hyper-V's
};

// The list of a method, from its own ValueMap.
ReturnCodes ReturnCodesOf(const cim::Method& method);

// The return value for a kind of failure. An invalid state is 32775 in both lists: the number that clients of Hyper-V
// look for (microsoft/wmi retries on it, os-win tolerates it).
uint32_t ReturnValueOf(inventory::ErrorKind kind, ReturnCodes codes);

// An Msvm_Error. `source` is the object concerned.
InstancePointer MakeError(const ViewContext& context, inventory::ErrorKind kind, absl::string_view message,
                          const cim::ObjectPath& source);

// The result of a call that failed: out parameters null, return value and Msvm_Error by the kind of `status`.
broker::MethodResult Failure(const ViewContext& context, const broker::MethodCall& call, const absl::Status& status);

// For a method that this service does not have: 32770 or 1, with an error that names it.
broker::MethodResult MethodNotSupported(const ViewContext& context, const broker::MethodCall& call);

// The end of a changing call: `result`, or what `status` says as a Failure. What is no outcome of the method but of the
// protocol (a stale expected revision, a deadline, a service that is closing, a lost object) stays a status.
absl::StatusOr<broker::MethodResult> Finish(const ViewContext& context, const broker::MethodCall& call,
                                            const absl::Status& status, broker::MethodResult result);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_OUTCOME_H_
