// Repeated calls, revisions and dry runs, as a client meets them: over the socket and over a service that is killed.
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "cimvisor/v1/object_manager.grpc.pb.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::testing {
namespace {

using ::testing::HasSubstr;

class RepeatedCallTest : public ServiceFixture {
 protected:
  bool Start() {
    if (!StartService()) return false;
    stub_ = v1::ObjectManager::NewStub(grpc::CreateChannel("unix:" + socket(), grpc::InsecureChannelCredentials()));
    return true;
  }
  bool Restart() {
    KillService();
    return Start();
  }

  v1::InvokeMethodRequest RequestState(const std::string& guid, uint64_t state, const std::string& request_id) {
    v1::InvokeMethodRequest request;
    request.mutable_header()->set_request_id(request_id);
    request.set_path(MachinePath(guid));
    request.set_method("RequestStateChange");
    v1::Property& parameter = *request.add_parameters();
    parameter.set_name("RequestedState");
    parameter.mutable_value()->set_unsigned_(state);
    return request;
  }
  static v1::ModifyInstanceRequest Keep(const std::string& job, bool keep, const std::string& request_id) {
    v1::ModifyInstanceRequest request;
    request.mutable_header()->set_request_id(request_id);
    request.mutable_instance()->set_class_name("Msvm_ConcreteJob");
    request.mutable_instance()->set_path(job);
    v1::Property& property = *request.mutable_instance()->add_properties();
    property.set_name("DeleteOnCompletion");
    property.mutable_value()->set_boolean(!keep);
    return request;
  }
  static v1::DeleteInstanceRequest Delete(const std::string& path, const std::string& request_id) {
    v1::DeleteInstanceRequest request;
    request.mutable_header()->set_request_id(request_id);
    request.set_path(path);
    return request;
  }

  grpc::Status Invoke(const v1::InvokeMethodRequest& request, v1::InvokeMethodResponse& response) {
    grpc::ClientContext context;
    return stub_->InvokeMethod(&context, request, &response);
  }
  grpc::Status Modify(const v1::ModifyInstanceRequest& request, v1::ChangeInstanceResponse& response) {
    grpc::ClientContext context;
    return stub_->ModifyInstance(&context, request, &response);
  }
  grpc::Status Delete(const v1::DeleteInstanceRequest& request, v1::ChangeInstanceResponse& response) {
    grpc::ClientContext context;
    return stub_->DeleteInstance(&context, request, &response);
  }
  v1::GetInstanceResponse Get(const std::string& path) {
    v1::GetInstanceRequest request;
    request.set_path(path);
    v1::GetInstanceResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub_->GetInstance(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  static std::string JobOf(const v1::InvokeMethodResponse& response) {
    for (const v1::Property& property : response.out_parameters()) {
      if (property.name() == "Job") return property.value().reference();
    }
    return "";
  }

  std::unique_ptr<v1::ObjectManager::Stub> stub_;
};

TEST_F(RepeatedCallTest, TheFirstOutcomeComesAgainAfterTheServiceWasKilled) {
  ASSERT_TRUE(Start());
  const std::string guid = DefineMachine("web");
  v1::InvokeMethodResponse started;
  ASSERT_TRUE(Invoke(RequestState(guid, 2, "start-1"), started).ok());
  ASSERT_EQ(started.return_value(), 4096u);
  const std::string job = JobOf(started);
  ASSERT_TRUE(Eventually([&] { return EnabledState(guid) == 2; }));
  v1::ChangeInstanceResponse changed;
  ASSERT_TRUE(Modify(Keep(job, true, "keep-1"), changed).ok());

  ASSERT_TRUE(Restart());
  v1::InvokeMethodResponse repeated;
  ASSERT_TRUE(Invoke(RequestState(guid, 2, "start-1"), repeated).ok());
  EXPECT_TRUE(repeated.replayed());
  EXPECT_EQ(repeated.return_value(), 4096u);
  EXPECT_EQ(JobOf(repeated), job);
  EXPECT_EQ(Invoke(RequestState(guid, 3, "start-1"), repeated).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(EnabledState(guid), 2) << "it was not turned off";
  ASSERT_TRUE(Modify(Keep(job, true, "keep-1"), changed).ok());
  EXPECT_TRUE(changed.replayed());
  EXPECT_EQ(Modify(Keep(job, false, "keep-1"), changed).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  ASSERT_TRUE(Delete(Delete(job, "delete-1"), changed).ok());
  EXPECT_FALSE(changed.replayed());

  ASSERT_TRUE(Restart());
  ASSERT_TRUE(Delete(Delete(job, "delete-1"), changed).ok()) << "though the job is gone";
  EXPECT_TRUE(changed.replayed());
  EXPECT_EQ(Delete(Delete(job, "delete-2"), changed).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(RepeatedCallTest, AStaleRevisionIsRefusedWithWhoChangedWhat) {
  ASSERT_TRUE(Start());
  const std::string guid = DefineMachine("web");
  const int64_t read = Get(MachinePath(guid)).instance().revision();
  EXPECT_GT(read, 0);
  ASSERT_TRUE(ServiceFixture::RequestState(guid, 2).ok());
  v1::InvokeMethodRequest request = RequestState(guid, 3, "");
  request.mutable_header()->set_expected_revision(read);
  v1::InvokeMethodResponse response;
  const grpc::Status stale = Invoke(request, response);
  EXPECT_EQ(stale.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_THAT(stale.error_message(), HasSubstr("EnabledState"));
  v1::ErrorDetail detail;
  ASSERT_TRUE(detail.ParseFromString(stale.error_details()));
  EXPECT_EQ(detail.current_revision(), Get(MachinePath(guid)).instance().revision());
  request.mutable_header()->set_expected_revision(detail.current_revision());
  EXPECT_TRUE(Invoke(request, response).ok());
}

TEST_F(RepeatedCallTest, ADryRunSaysWhatWouldBeDone) {
  ASSERT_TRUE(Start());
  const std::string guid = DefineMachine("web");
  v1::InvokeMethodRequest request = RequestState(guid, 2, "");
  request.mutable_header()->set_mode(v1::MODE_PLAN);
  const int64_t before = Get(MachinePath(guid)).header().revision();
  v1::InvokeMethodResponse response;
  ASSERT_TRUE(Invoke(request, response).ok());
  EXPECT_EQ(response.return_value(), 0u);
  EXPECT_GT(response.plan_size(), 0);
  EXPECT_TRUE(response.plan_requirements().starts_job());
  EXPECT_EQ(response.plan_requirements().memory_bytes(), uint64_t{32} << 20);
  EXPECT_EQ(Get(MachinePath(guid)).header().revision(), before);
  EXPECT_EQ(EnabledState(guid), 3);
}

}  // namespace
}  // namespace cimvisor::testing
