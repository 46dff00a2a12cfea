// cimvisor.v1.Console for the callers of one CallerSource.
#ifndef CIMVISOR_SERVICE_RPC_CONSOLE_SERVICE_H_
#define CIMVISOR_SERVICE_RPC_CONSOLE_SERVICE_H_

#include "cimvisor/v1/console.grpc.pb.h"
#include "service/rpc/attach_stream.h"
#include "service/rpc/environment.h"

namespace cimvisor::rpc {

class ConsoleService final : public v1::Console::CallbackService {
 public:
  // Both outlive the service.
  ConsoleService(const Environment& environment, const CallerSource& callers)
      : environment_(environment), callers_(callers) {}

  grpc::ServerBidiReactor<v1::ConsoleRequest, v1::ConsoleResponse>* Attach(
      grpc::CallbackServerContext* context) override {
    return StartAttachment(environment_, callers_, *context);
  }

 private:
  const Environment& environment_;
  const CallerSource& callers_;
};

}  // namespace cimvisor::rpc

#endif  // CIMVISOR_SERVICE_RPC_CONSOLE_SERVICE_H_
