// The unary calls of the object manager, each as a function from request to response.
#ifndef CIMVISOR_SERVICE_RPC_CALLS_H_
#define CIMVISOR_SERVICE_RPC_CALLS_H_

#include "absl/status/status.h"
#include "cimvisor/v1/object_manager.pb.h"
#include "service/broker/call.h"
#include "service/rpc/environment.h"

namespace cimvisor::rpc {

// What a call works with: MakeCallContext was done. All block as the broker does; errors have a CIM status.
struct Call {
  const Environment& environment;
  const broker::CallContext& context;
};

absl::Status DoGetClass(const Call& call, const v1::GetClassRequest& request, v1::GetClassResponse& response);
absl::Status DoGetInstance(const Call& call, const v1::GetInstanceRequest& request, v1::GetInstanceResponse& response);
absl::Status DoInvokeMethod(const Call& call, const v1::InvokeMethodRequest& request,
                            v1::InvokeMethodResponse& response);
absl::Status DoCreateInstance(const Call& call, const v1::CreateInstanceRequest& request,
                              v1::ChangeInstanceResponse& response);
absl::Status DoModifyInstance(const Call& call, const v1::ModifyInstanceRequest& request,
                              v1::ChangeInstanceResponse& response);
absl::Status DoDeleteInstance(const Call& call, const v1::DeleteInstanceRequest& request,
                              v1::ChangeInstanceResponse& response);
absl::Status DoGetServiceInformation(const Call& call, const v1::GetServiceInformationRequest& request,
                                     v1::GetServiceInformationResponse& response);
absl::Status DoBackup(const Call& call, const v1::BackupRequest& request, v1::BackupResponse& response);

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_CALLS_H_
