// A service in the test's own process, on a real unix socket: answers are set by the test, events come from a journal
// in memory, and connections can be broken at any place.
#ifndef CIMVISOR_CLIENTS_CPP_TESTING_FAKE_SERVICE_H_
#define CIMVISOR_CLIENTS_CPP_TESTING_FAKE_SERVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/server.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "cimvisor/v1/object_manager.grpc.pb.h"

namespace cimvisor::client::testing {

// Set the functions before Start; a call without one is UNIMPLEMENTED.
class FakeService : public cimvisor::v1::ObjectManager::Service {
 public:
  FakeService();
  ~FakeService() override;

  void Start();
  // Ends the server as a dying process does: every connection and call breaks.
  void Stop();
  std::string address() const { return "unix:" + folder_ + "/socket"; }

  // The journal: an event of `class_name` about `target`.
  void AddEvent(int64_t revision, const std::string& class_name, const cimvisor::v1::Instance& target);
  // Subscriptions end with `status`, once, when they have sent this many events more.
  void BreakAfter(int events, grpc::Status status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "broken by the test"));
  void set_database(const std::string& instance_id);
  void set_oldest_revision(int64_t revision);
  int subscriptions() const;            // that were asked for
  std::vector<int64_t> starts() const;  // after_revision of each; -1: from now

  std::function<grpc::Status(grpc::ServerContext&, const cimvisor::v1::GetInstanceRequest&,
                             cimvisor::v1::GetInstanceResponse&)>
      on_get_instance;
  std::function<grpc::Status(const cimvisor::v1::QueryRequest&, grpc::ServerWriter<cimvisor::v1::QueryResponse>&)>
      on_query;
  std::function<grpc::Status(const cimvisor::v1::InvokeMethodRequest&, cimvisor::v1::InvokeMethodResponse&)> on_invoke;

  grpc::Status GetInstance(grpc::ServerContext* context, const cimvisor::v1::GetInstanceRequest* request,
                           cimvisor::v1::GetInstanceResponse* response) override;
  grpc::Status Query(grpc::ServerContext* context, const cimvisor::v1::QueryRequest* request,
                     grpc::ServerWriter<cimvisor::v1::QueryResponse>* writer) override;
  grpc::Status InvokeMethod(grpc::ServerContext* context, const cimvisor::v1::InvokeMethodRequest* request,
                            cimvisor::v1::InvokeMethodResponse* response) override;
  grpc::Status Subscribe(grpc::ServerContext* context, const cimvisor::v1::SubscribeRequest* request,
                         grpc::ServerWriter<cimvisor::v1::SubscribeResponse>* writer) override;

 private:
  struct Stream {
    FakeService& service;
    grpc::ServerContext& context;
    size_t place;
    int64_t after;
    bool HasSomething() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(service.mutex_);
  };

  grpc::Status Open(const cimvisor::v1::SubscribeRequest& request, Stream& stream,
                    cimvisor::v1::SubscribeResponse& response);

  std::string folder_;
  std::unique_ptr<grpc::Server> server_;
  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::string database_ ABSL_GUARDED_BY(mutex_) = "database-1";
  int64_t oldest_ ABSL_GUARDED_BY(mutex_) = 1;
  std::vector<cimvisor::v1::Event> journal_ ABSL_GUARDED_BY(mutex_);
  std::vector<int64_t> starts_ ABSL_GUARDED_BY(mutex_);
  int until_break_ ABSL_GUARDED_BY(mutex_) = -1;  // negative: no break is due
  grpc::Status break_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cimvisor::client::testing

#endif  // CIMVISOR_CLIENTS_CPP_TESTING_FAKE_SERVICE_H_
