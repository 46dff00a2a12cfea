// cimvisor.v1.ObjectManager for the callers of one CallerSource.
#ifndef CIMVISOR_SERVICE_RPC_OBJECT_MANAGER_SERVICE_H_
#define CIMVISOR_SERVICE_RPC_OBJECT_MANAGER_SERVICE_H_

#include "cimvisor/v1/object_manager.grpc.pb.h"
#include "service/rpc/environment.h"

namespace cimvisor::rpc {

// Reads of one object and of classes run where the request came in; what may wait runs on a pool, so that one slow call
// never holds up another. Checks no right but those of its own operations: the broker does.
class ObjectManagerService final : public v1::ObjectManager::CallbackService {
 public:
  // Both outlive the service.
  ObjectManagerService(const Environment& environment, const CallerSource& callers)
      : environment_(environment), callers_(callers) {}

  grpc::ServerUnaryReactor* GetClass(grpc::CallbackServerContext* context, const v1::GetClassRequest* request,
                                     v1::GetClassResponse* response) override;
  grpc::ServerWriteReactor<v1::EnumerateClassesResponse>* EnumerateClasses(
      grpc::CallbackServerContext* context, const v1::EnumerateClassesRequest* request) override;
  grpc::ServerUnaryReactor* GetInstance(grpc::CallbackServerContext* context, const v1::GetInstanceRequest* request,
                                        v1::GetInstanceResponse* response) override;
  grpc::ServerWriteReactor<v1::QueryResponse>* Query(grpc::CallbackServerContext* context,
                                                     const v1::QueryRequest* request) override;
  grpc::ServerUnaryReactor* InvokeMethod(grpc::CallbackServerContext* context, const v1::InvokeMethodRequest* request,
                                         v1::InvokeMethodResponse* response) override;
  grpc::ServerUnaryReactor* CreateInstance(grpc::CallbackServerContext* context,
                                           const v1::CreateInstanceRequest* request,
                                           v1::ChangeInstanceResponse* response) override;
  grpc::ServerUnaryReactor* ModifyInstance(grpc::CallbackServerContext* context,
                                           const v1::ModifyInstanceRequest* request,
                                           v1::ChangeInstanceResponse* response) override;
  grpc::ServerUnaryReactor* DeleteInstance(grpc::CallbackServerContext* context,
                                           const v1::DeleteInstanceRequest* request,
                                           v1::ChangeInstanceResponse* response) override;
  grpc::ServerWriteReactor<v1::SubscribeResponse>* Subscribe(grpc::CallbackServerContext* context,
                                                             const v1::SubscribeRequest* request) override;
  grpc::ServerReadReactor<v1::UploadRequest>* Upload(grpc::CallbackServerContext* context,
                                                     v1::UploadResponse* response) override;
  grpc::ServerUnaryReactor* GetServiceInformation(grpc::CallbackServerContext* context,
                                                  const v1::GetServiceInformationRequest* request,
                                                  v1::GetServiceInformationResponse* response) override;
  grpc::ServerUnaryReactor* Backup(grpc::CallbackServerContext* context, const v1::BackupRequest* request,
                                   v1::BackupResponse* response) override;

 private:
  // Runs `work` on environment.calls and finishes with its status.
  template <typename Work>
  grpc::ServerUnaryReactor* OnPool(grpc::CallbackServerContext* context, Work work);

  const Environment& environment_;
  const CallerSource& callers_;
};

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_OBJECT_MANAGER_SERVICE_H_
