#include "service/rpc/object_manager_service.h"

#include <utility>

#include "service/cim/status_macros.h"
#include "service/rpc/calls.h"
#include "service/rpc/class_stream.h"
#include "service/rpc/query_stream.h"
#include "service/rpc/status_conversion.h"
#include "service/rpc/subscribe_stream.h"
#include "service/rpc/upload_stream.h"

namespace cimvisor::rpc {
namespace {

// Reads the header, then does the call.
template <typename Request, typename Response>
absl::Status RunCall(const Environment& environment, const CallerSource& callers,
                     const grpc::CallbackServerContext& context, const HeaderOffer& offer,
                     absl::Status (*function)(const Call&, const Request&, Response&), const Request& request,
                     Response& response) {
  ASSIGN_OR_RETURN(const broker::CallContext call,
                   MakeCallContext(environment, callers, context, request.header(), offer));
  return function({environment, call}, request, response);
}

}  // namespace

template <typename Work>
grpc::ServerUnaryReactor* ObjectManagerService::OnPool(grpc::CallbackServerContext* context, Work work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!environment_.calls->Post([reactor, work] { reactor->Finish(ToGrpcStatus(work())); })) {
    reactor->Finish(ToGrpcStatus(TooManyCalls()));
  }
  return reactor;
}

grpc::ServerUnaryReactor* ObjectManagerService::GetClass(grpc::CallbackServerContext* context,
                                                         const v1::GetClassRequest* request,
                                                         v1::GetClassResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(RunCall(environment_, callers_, *context, {.call = "GetClass", .renders_classes = true},
                                       DoGetClass, *request, *response)));
  return reactor;
}

grpc::ServerWriteReactor<v1::EnumerateClassesResponse>* ObjectManagerService::EnumerateClasses(
    grpc::CallbackServerContext* context, const v1::EnumerateClassesRequest* request) {
  return StartClassEnumeration(environment_, callers_, *context, *request);
}

grpc::ServerUnaryReactor* ObjectManagerService::GetInstance(grpc::CallbackServerContext* context,
                                                            const v1::GetInstanceRequest* request,
                                                            v1::GetInstanceResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(
      ToGrpcStatus(RunCall(environment_, callers_, *context, {.call = "GetInstance", .renders_instances = true},
                           DoGetInstance, *request, *response)));
  return reactor;
}

grpc::ServerWriteReactor<v1::QueryResponse>* ObjectManagerService::Query(grpc::CallbackServerContext* context,
                                                                         const v1::QueryRequest* request) {
  return StartQuery(environment_, callers_, *context, *request);
}

grpc::ServerUnaryReactor* ObjectManagerService::InvokeMethod(grpc::CallbackServerContext* context,
                                                             const v1::InvokeMethodRequest* request,
                                                             v1::InvokeMethodResponse* response) {
  return OnPool(context, [this, context, request, response] {
    return RunCall(environment_, callers_, *context,
                   {.call = "InvokeMethod", .changes = true, .renders_instances = true}, DoInvokeMethod, *request,
                   *response);
  });
}

grpc::ServerUnaryReactor* ObjectManagerService::CreateInstance(grpc::CallbackServerContext* context,
                                                               const v1::CreateInstanceRequest* request,
                                                               v1::ChangeInstanceResponse* response) {
  return OnPool(context, [this, context, request, response] {
    return RunCall(environment_, callers_, *context, {.call = "CreateInstance", .changes = true}, DoCreateInstance,
                   *request, *response);
  });
}

grpc::ServerUnaryReactor* ObjectManagerService::ModifyInstance(grpc::CallbackServerContext* context,
                                                               const v1::ModifyInstanceRequest* request,
                                                               v1::ChangeInstanceResponse* response) {
  return OnPool(context, [this, context, request, response] {
    return RunCall(environment_, callers_, *context, {.call = "ModifyInstance", .changes = true}, DoModifyInstance,
                   *request, *response);
  });
}

grpc::ServerUnaryReactor* ObjectManagerService::DeleteInstance(grpc::CallbackServerContext* context,
                                                               const v1::DeleteInstanceRequest* request,
                                                               v1::ChangeInstanceResponse* response) {
  return OnPool(context, [this, context, request, response] {
    return RunCall(environment_, callers_, *context, {.call = "DeleteInstance", .changes = true}, DoDeleteInstance,
                   *request, *response);
  });
}

grpc::ServerWriteReactor<v1::SubscribeResponse>* ObjectManagerService::Subscribe(grpc::CallbackServerContext* context,
                                                                                 const v1::SubscribeRequest* request) {
  return StartSubscription(environment_, callers_, *context, *request);
}

grpc::ServerReadReactor<v1::UploadRequest>* ObjectManagerService::Upload(grpc::CallbackServerContext* context,
                                                                         v1::UploadResponse* response) {
  return StartUpload(environment_, callers_, *context, *response);
}

grpc::ServerUnaryReactor* ObjectManagerService::GetServiceInformation(grpc::CallbackServerContext* context,
                                                                      const v1::GetServiceInformationRequest* request,
                                                                      v1::GetServiceInformationResponse* response) {
  return OnPool(context, [this, context, request, response] {
    return RunCall(environment_, callers_, *context, {.call = "GetServiceInformation"}, DoGetServiceInformation,
                   *request, *response);
  });
}

grpc::ServerUnaryReactor* ObjectManagerService::Backup(grpc::CallbackServerContext* context,
                                                       const v1::BackupRequest* request, v1::BackupResponse* response) {
  return OnPool(context, [this, context, request, response] {
    return RunCall(environment_, callers_, *context, {.call = "Backup"}, DoBackup, *request, *response);
  });
}

}  // namespace cimvisor::rpc
