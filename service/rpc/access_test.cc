// Every call as nobody, as reader and as administrator, over the unix socket, where the kernel says who calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>

#include "google/protobuf/descriptor.h"
#include "service/rpc/testing/rpc_world.h"

namespace cimvisor::rpc {
namespace {

using grpc::StatusCode;
using testing::RpcWorld;

struct Row {
  const char* call;
  StatusCode reader;         // what a reader gets
  StatusCode administrator;  // what an administrator gets
  std::function<grpc::Status(RpcWorld&, uint32_t)> run;
};

template <typename Request, typename Response>
std::function<grpc::Status(RpcWorld&, uint32_t)> Unary(
    grpc::Status (v1::ObjectManager::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
    std::function<void(Request&)> fill) {
  return [method, fill](RpcWorld& world, uint32_t uid) {
    const auto stub = world.Objects(uid);
    grpc::ClientContext context;
    Request request;
    RpcWorld::Fill(request.mutable_header());
    fill(request);
    Response response;
    return (stub.get()->*method)(&context, request, &response);
  };
}

template <typename Request, typename Response>
std::function<grpc::Status(RpcWorld&, uint32_t)> Stream(
    std::unique_ptr<grpc::ClientReader<Response>> (v1::ObjectManager::Stub::*method)(grpc::ClientContext*,
                                                                                     const Request&),
    std::function<void(Request&)> fill, bool endless = false) {
  return [method, fill, endless](RpcWorld& world, uint32_t uid) {
    const auto stub = world.Objects(uid);
    grpc::ClientContext context;
    Request request;
    RpcWorld::Fill(request.mutable_header());
    fill(request);
    const auto reader = (stub.get()->*method)(&context, request);
    Response response;
    const bool answered = reader->Read(&response);
    if (endless && answered) {
      context.TryCancel();
      reader->Finish();
      return grpc::Status::OK;
    }
    while (reader->Read(&response)) {
    }
    return reader->Finish();
  };
}

grpc::Status Attach(RpcWorld& world, uint32_t uid, bool write) {
  const auto stub = world.Console(uid);
  grpc::ClientContext context;
  const auto stream = stub->Attach(&context);
  v1::ConsoleRequest open;
  open.mutable_open()->set_path(RpcWorld::MachinePath("A"));
  open.mutable_open()->set_name_space("root/test");
  open.mutable_open()->set_write(write);
  stream->Write(open);
  v1::ConsoleResponse response;
  const bool opened = stream->Read(&response);
  if (opened) context.TryCancel();
  const grpc::Status status = stream->Finish();
  return opened ? grpc::Status::OK : status;
}

grpc::Status Upload(RpcWorld& world, uint32_t uid) {
  const auto stub = world.Objects(uid);
  grpc::ClientContext context;
  v1::UploadResponse response;
  const auto writer = stub->Upload(&context, &response);
  v1::UploadRequest request;
  request.set_root("boot");
  request.set_name("file-of-" + std::to_string(uid));
  writer->Write(request);
  writer->WritesDone();
  return writer->Finish();
}

// One row for each call of both services, several where the right depends on more.
std::vector<Row> Rows() {
  using Stub = v1::ObjectManager::Stub;
  const std::string machine = RpcWorld::MachinePath("A");
  return {
      {"GetClass", StatusCode::OK, StatusCode::OK,
       Unary<v1::GetClassRequest, v1::GetClassResponse>(&Stub::GetClass,
                                                        [](auto& r) { r.set_class_name("T_Machine"); })},
      {"EnumerateClasses", StatusCode::OK, StatusCode::OK,
       Stream<v1::EnumerateClassesRequest, v1::EnumerateClassesResponse>(&Stub::EnumerateClasses, [](auto&) {})},
      {"GetInstance", StatusCode::OK, StatusCode::OK,
       Unary<v1::GetInstanceRequest, v1::GetInstanceResponse>(&Stub::GetInstance,
                                                              [=](auto& r) { r.set_path(machine); })},
      {"GetInstance", StatusCode::PERMISSION_DENIED, StatusCode::OK,
       Unary<v1::GetInstanceRequest, v1::GetInstanceResponse>(
           &Stub::GetInstance, [](auto& r) { r.set_path("T_Secret.InstanceID=\"S\""); })},
      {"Query", StatusCode::OK, StatusCode::OK,
       Stream<v1::QueryRequest, v1::QueryResponse>(&Stub::Query,
                                                   [](auto& r) { r.set_wql("SELECT * FROM T_Machine"); })},
      {"InvokeMethod", StatusCode::PERMISSION_DENIED, StatusCode::OK,
       Unary<v1::InvokeMethodRequest, v1::InvokeMethodResponse>(&Stub::InvokeMethod,
                                                                [=](auto& r) {
                                                                  r.set_path(machine);
                                                                  r.set_method("SetState");
                                                                })},
      {"CreateInstance", StatusCode::PERMISSION_DENIED, StatusCode::OK,
       Unary<v1::CreateInstanceRequest, v1::ChangeInstanceResponse>(&Stub::CreateInstance,
                                                                    [](auto& r) {
                                                                      r.mutable_instance()->set_class_name("T_Machine");
                                                                      v1::Property& name =
                                                                          *r.mutable_instance()->add_properties();
                                                                      name.set_name("Name");
                                                                      name.mutable_value()->set_text("C");
                                                                      v1::Property& creation =
                                                                          *r.mutable_instance()->add_properties();
                                                                      creation.set_name("CreationClassName");
                                                                      creation.mutable_value()->set_text("T_Machine");
                                                                    })},
      {"ModifyInstance", StatusCode::PERMISSION_DENIED, StatusCode::OK,
       Unary<v1::ModifyInstanceRequest, v1::ChangeInstanceResponse>(&Stub::ModifyInstance,
                                                                    [=](auto& r) {
                                                                      r.mutable_instance()->set_class_name("T_Machine");
                                                                      r.mutable_instance()->set_path(machine);
                                                                    })},
      {"DeleteInstance", StatusCode::PERMISSION_DENIED, StatusCode::OK,
       Unary<v1::DeleteInstanceRequest, v1::ChangeInstanceResponse>(&Stub::DeleteInstance,
                                                                    [=](auto& r) { r.set_path(machine); })},
      {"Subscribe", StatusCode::OK, StatusCode::OK,
       Stream<v1::SubscribeRequest, v1::SubscribeResponse>(
           &Stub::Subscribe,
           [](auto& r) {
             r.set_wql("SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA 'T_Machine'");
           },
           true)},
      {"Upload", StatusCode::PERMISSION_DENIED, StatusCode::OK, Upload},
      {"GetServiceInformation", StatusCode::OK, StatusCode::OK,
       Unary<v1::GetServiceInformationRequest, v1::GetServiceInformationResponse>(&Stub::GetServiceInformation,
                                                                                  [](auto&) {})},
      {"GetServiceInformation", StatusCode::PERMISSION_DENIED, StatusCode::OK,
       Unary<v1::GetServiceInformationRequest, v1::GetServiceInformationResponse>(
           &Stub::GetServiceInformation, [](auto& r) { r.set_check_host_again(true); })},
      {"Backup", StatusCode::PERMISSION_DENIED, StatusCode::OK,
       Unary<v1::BackupRequest, v1::BackupResponse>(&Stub::Backup, [](auto& r) { r.set_file_name("b"); })},
      {"Attach", StatusCode::OK, StatusCode::OK,
       [](RpcWorld& world, uint32_t uid) { return Attach(world, uid, false); }},
      {"Attach", StatusCode::PERMISSION_DENIED, StatusCode::OK,
       [](RpcWorld& world, uint32_t uid) { return Attach(world, uid, true); }},
  };
}

class AccessTest : public ::testing::Test {
 protected:
  AccessTest() {
    auto& provider = *world_.world.machines;
    provider.invoke = [](security::Operation&, const broker::MethodCall& call) -> absl::StatusOr<broker::MethodResult> {
      broker::MethodResult result;
      for (const cim::Parameter& parameter : call.method->parameters) {
        result.out_parameters.push_back(cim::Value::Null(parameter.type, parameter.is_array));
      }
      return result;
    };
    provider.create = [](security::Operation&, const cim::Instance& instance) -> absl::StatusOr<cim::ObjectPath> {
      return instance.Path();
    };
    provider.modify = [](security::Operation&, const cim::ObjectPath&, const cim::Instance&) {
      return absl::OkStatus();
    };
    provider.remove = [](security::Operation&, const cim::ObjectPath&) { return absl::OkStatus(); };
  }
  RpcWorld world_;
};

TEST_F(AccessTest, EveryCallStandsInTheTable) {
  std::vector<std::string> calls;
  for (const Row& row : Rows()) calls.push_back(row.call);
  for (const char* service : {"cimvisor.v1.ObjectManager", "cimvisor.v1.Console"}) {
    const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
    ASSERT_NE(descriptor, nullptr);
    for (int i = 0; i < descriptor->method_count(); ++i) {
      EXPECT_THAT(calls, ::testing::Contains(descriptor->method(i)->name()));
    }
  }
}

TEST_F(AccessTest, EveryCallAsNobodyReaderAndAdministrator) {
  ASSERT_EQ(geteuid(), 0u) << "needs to take other users' ids: run it as root";
  for (const Row& row : Rows()) {
    EXPECT_EQ(row.run(world_, testing::kNobodyUid).error_code(), StatusCode::PERMISSION_DENIED) << row.call;
    EXPECT_EQ(row.run(world_, testing::kReaderUid).error_code(), row.reader) << row.call;
    for (const uint32_t uid : {testing::kAdministratorUid, 0u}) {
      const grpc::Status status = row.run(world_, uid);
      EXPECT_EQ(status.error_code(), row.administrator) << row.call << ": " << status.error_message();
    }
  }
}

TEST_F(AccessTest, TheKernelSaysWhoCallsOnEachConnection) {
  ASSERT_EQ(geteuid(), 0u) << "needs to take other users' ids: run it as root";
  for (const auto& [uid, expected] :
       {std::pair(0u, "root administrator"), std::pair(testing::kReaderUid, "rita reader"),
        std::pair(testing::kAdministratorUid, "adam administrator")}) {
    const auto stub = world_.Objects(uid);
    grpc::ClientContext context;
    v1::GetServiceInformationResponse response;
    ASSERT_TRUE(stub->GetServiceInformation(&context, {}, &response).ok());
    EXPECT_EQ(response.caller() + " " + response.caller_role(), expected);
  }
}

TEST_F(AccessTest, ARoleThatIsTakenAwayCountsFromTheNextCallOn) {
  ASSERT_EQ(geteuid(), 0u) << "needs to take other users' ids: run it as root";
  const auto stub = world_.Objects(testing::kReaderUid);
  v1::GetServiceInformationResponse response;
  grpc::ClientContext first;
  ASSERT_TRUE(stub->GetServiceInformation(&first, {}, &response).ok());
  world_.roles.Replace(security::RoleConfiguration());
  ASSERT_TRUE(world_.front_end->Reload().ok());
  grpc::ClientContext second;
  EXPECT_EQ(stub->GetServiceInformation(&second, {}, &response).error_code(), StatusCode::PERMISSION_DENIED);
}

TEST_F(AccessTest, TooManyDifferentUsersAreTurnedAway) {
  ASSERT_EQ(geteuid(), 0u) << "needs to take other users' ids: run it as root";
  Limits limits;
  limits.users = 1;
  RpcWorld world(limits);
  const auto first = world.Objects(0);
  const auto second = world.Objects(testing::kReaderUid);
  v1::GetServiceInformationResponse response;
  grpc::ClientContext a;
  EXPECT_TRUE(first->GetServiceInformation(&a, {}, &response).ok());
  grpc::ClientContext b;
  EXPECT_EQ(second->GetServiceInformation(&b, {}, &response).error_code(), StatusCode::UNAVAILABLE);
  EXPECT_THAT(world.log(), ::testing::Contains(::testing::HasSubstr("different users")));
}

}  // namespace
}  // namespace cimvisor::rpc
