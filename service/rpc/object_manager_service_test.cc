// The unary calls of the object manager over a unix socket.
#include "service/rpc/object_manager_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "service/cim/errors.h"
#include "service/rpc/testing/rpc_world.h"

namespace cimvisor::rpc {
namespace {

using testing::DetailOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RpcWorld;

// One call: `method` of the stub with a fresh context.
template <typename Stub, typename Request, typename Response>
grpc::Status CallWith(Stub& stub,
                      grpc::Status (v1::ObjectManager::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request, Response& response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  return (stub.*method)(&context, request, &response);
}

const v1::Value* Find(const google::protobuf::RepeatedPtrField<v1::Property>& properties, const std::string& name) {
  for (const v1::Property& property : properties) {
    if (property.name() == name) return &property.value();
  }
  return nullptr;
}

class ObjectManagerServiceTest : public ::testing::Test {
 protected:
  grpc::Status GetInstance(const std::string& path, v1::GetInstanceResponse& response) {
    v1::GetInstanceRequest request;
    RpcWorld::Fill(request.mutable_header());
    request.set_path(path);
    return CallWith(*stub_, &v1::ObjectManager::Stub::GetInstance, request, response);
  }

  RpcWorld world_;
  std::unique_ptr<v1::ObjectManager::Stub> stub_ = world_.Objects();
};

TEST_F(ObjectManagerServiceTest, GetInstanceAnswersInPlainForm) {
  v1::GetInstanceResponse response;
  const grpc::Status status = GetInstance(RpcWorld::MachinePath("A"), response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.header().server_instance_id(), "DATABASE-1");
  EXPECT_EQ(response.header().server_name(), "HOST1");
  EXPECT_EQ(response.header().revision(), 7);
  EXPECT_EQ(response.instance().class_name(), "T_Machine");
  EXPECT_EQ(response.instance().path(), R"(\\HOST1\root\test:T_Machine.CreationClassName="T_Machine",Name="A")");
  ASSERT_NE(Find(response.instance().properties(), "State"), nullptr);
  EXPECT_EQ(Find(response.instance().properties(), "State")->unsigned_(), 2u);
  EXPECT_EQ(Find(response.instance().properties(), "State")->type(), v1::CIM_TYPE_UINT16);
  ASSERT_NE(Find(response.instance().properties(), "Notes"), nullptr);
  EXPECT_EQ(Find(response.instance().properties(), "Notes")->kind_case(), v1::Value::KIND_NOT_SET);
}

TEST_F(ObjectManagerServiceTest, GetInstanceSendsThePropertiesThatWereAskedFor) {
  v1::GetInstanceRequest request;
  RpcWorld::Fill(request.mutable_header());
  request.set_path(RpcWorld::MachinePath("A"));
  request.mutable_properties()->add_names("elementname");
  v1::GetInstanceResponse response;
  ASSERT_TRUE(CallWith(*stub_, &v1::ObjectManager::Stub::GetInstance, request, response).ok());
  ASSERT_EQ(response.instance().properties_size(), 1);
  EXPECT_EQ(response.instance().properties(0).name(), "ElementName");
  EXPECT_EQ(response.instance().properties(0).value().text(), "web");
}

TEST_F(ObjectManagerServiceTest, FailuresCarryCimStatusAndWmiCode) {
  v1::GetInstanceResponse response;
  const grpc::Status status = GetInstance(RpcWorld::MachinePath("ZZ"), response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  const v1::ErrorDetail detail = DetailOf(status);
  EXPECT_EQ(detail.cim_status_name(), "CIM_ERR_NOT_FOUND");
  EXPECT_EQ(detail.wmi_code(), 0x80041002u);
  EXPECT_EQ(detail.message(), status.error_message());
}

TEST_F(ObjectManagerServiceTest, HostileMessagesAreErrorsAndTheServiceGoesOn) {
  v1::GetInstanceResponse response;
  EXPECT_EQ(GetInstance("", response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(GetInstance("T_Machine.Name=\"", response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_FALSE(GetInstance(std::string(1 << 20, '\\'), response).ok());
  const grpc::Status too_long = GetInstance("T_Machine.Name=\"" + std::string(100000, 'x') + "\"", response);
  EXPECT_FALSE(too_long.ok());
  EXPECT_NE(too_long.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_LE(too_long.error_message().size(), 1024u);
  EXPECT_EQ(GetInstance(std::string(5 << 20, 'x'), response).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(GetInstance(RpcWorld::MachinePath("A"), response).ok());
}

TEST_F(ObjectManagerServiceTest, WhatIsNotOfferedIsRefusedByName) {
  struct Row {
    std::function<void(v1::RequestHeader&)> set;
    const char* name;
  };
  for (const Row& row :
       {Row{[](auto& h) { h.set_mode(v1::MODE_PLAN); }, "MODE_PLAN"},
        Row{[](auto& h) { h.set_representation(v1::REPRESENTATION_MOF); }, "REPRESENTATION_MOF"},
        Row{[](auto& h) { h.set_representation(v1::REPRESENTATION_CIM_XML); }, "REPRESENTATION_CIM_XML"},
        Row{[](auto& h) { h.set_locale("de-DE"); }, "de-DE"}, Row{[](auto& h) { h.set_request_id("1"); }, "request_id"},
        Row{[](auto& h) { h.set_expected_revision(3); }, "expected_revision"}}) {
    v1::GetInstanceRequest request;
    RpcWorld::Fill(request.mutable_header());
    row.set(*request.mutable_header());
    request.set_path(RpcWorld::MachinePath("A"));
    v1::GetInstanceResponse response;
    const grpc::Status status = CallWith(*stub_, &v1::ObjectManager::Stub::GetInstance, request, response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << row.name;
    EXPECT_THAT(status.error_message(), HasSubstr(row.name));
  }
}

TEST_F(ObjectManagerServiceTest, GetClassDeclaresEverything) {
  v1::GetClassRequest request;
  RpcWorld::Fill(request.mutable_header());
  request.set_class_name("t_service");
  v1::GetClassResponse response;
  ASSERT_TRUE(CallWith(*stub_, &v1::ObjectManager::Stub::GetClass, request, response).ok());
  const v1::ClassDeclaration& cls = response.class_();
  EXPECT_EQ(cls.name(), "T_Service");
  EXPECT_EQ(cls.superclass(), "T_Element");
  ASSERT_EQ(cls.methods_size(), 2);
  EXPECT_EQ(cls.methods(0).name(), "Define");
  EXPECT_EQ(cls.methods(0).parameters(0).embedded_class(), "T_Settings");
  EXPECT_TRUE(cls.methods(1).is_static());
}

TEST_F(ObjectManagerServiceTest, InvokePassesEmbeddedInstancesAndReturnsNulls) {
  world_.world.service->invoke = [](security::Operation& operation,
                                    const broker::MethodCall& call) -> absl::StatusOr<broker::MethodResult> {
    EXPECT_EQ(operation.request_id, "id-1");
    EXPECT_EQ(call.parameters[0].object()->Find("Size")->unsigned_value(), 5u);
    broker::MethodResult result;
    result.return_value = 4096;
    for (const cim::Parameter& parameter : call.method->parameters) {
      result.out_parameters.push_back(cim::Value::Null(parameter.type, parameter.is_array));
    }
    result.out_parameters.back() = cim::Value::String("made");
    return result;
  };
  v1::InvokeMethodRequest request;
  RpcWorld::Fill(request.mutable_header());
  request.mutable_header()->set_request_id("id-1");
  request.set_path("T_Service.Name=\"vmms\"");
  request.set_method("define");
  v1::Property& settings = *request.add_parameters();
  settings.set_name("SETTINGS");
  settings.mutable_value()->mutable_object()->set_class_name("t_settings");
  v1::Property& size = *settings.mutable_value()->mutable_object()->add_properties();
  size.set_name("size");
  size.mutable_value()->set_text("5");
  v1::InvokeMethodResponse response;
  const grpc::Status status = CallWith(*stub_, &v1::ObjectManager::Stub::InvokeMethod, request, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.return_value(), 4096u);
  ASSERT_EQ(response.out_parameters_size(), 2);
  EXPECT_EQ(response.out_parameters(0).name(), "Result");
  EXPECT_EQ(response.out_parameters(0).value().kind_case(), v1::Value::KIND_NOT_SET);
  EXPECT_EQ(response.out_parameters(1).value().text(), "made");
}

TEST_F(ObjectManagerServiceTest, InvokeNamesTheParameterThatIsWrong) {
  v1::InvokeMethodRequest request;
  RpcWorld::Fill(request.mutable_header());
  request.set_path("T_Service.Name=\"vmms\"");
  request.set_method("Define");
  v1::Property& settings = *request.add_parameters();
  settings.set_name("Settings");
  settings.mutable_value()->mutable_object()->set_class_name("T_Nonsense");
  v1::InvokeMethodResponse response;
  const grpc::Status status = CallWith(*stub_, &v1::ObjectManager::Stub::InvokeMethod, request, response);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.error_message(), HasSubstr("Settings"));
}

TEST_F(ObjectManagerServiceTest, CreateModifyAndDeleteReachTheProvider) {
  std::vector<std::string> calls;
  auto& provider = *world_.world.machines;
  provider.create = [&](security::Operation&, const cim::Instance& instance) -> absl::StatusOr<cim::ObjectPath> {
    calls.push_back("create");
    return instance.Path();
  };
  provider.modify = [&](security::Operation&, const cim::ObjectPath&, const cim::Instance&) {
    calls.push_back("modify");
    return absl::OkStatus();
  };
  provider.remove = [&](security::Operation&, const cim::ObjectPath&) {
    calls.push_back("delete");
    return absl::OkStatus();
  };
  v1::Instance instance;
  instance.set_class_name("T_Machine");
  for (const auto& [name, value] : {std::pair("CreationClassName", "T_Machine"), std::pair("Name", "N")}) {
    v1::Property& property = *instance.add_properties();
    property.set_name(name);
    property.mutable_value()->set_text(value);
  }
  v1::CreateInstanceRequest create;
  RpcWorld::Fill(create.mutable_header());
  *create.mutable_instance() = instance;
  v1::ChangeInstanceResponse response;
  grpc::Status status = CallWith(*stub_, &v1::ObjectManager::Stub::CreateInstance, create, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.path(), R"(\\HOST1\root\test:T_Machine.CreationClassName="T_Machine",Name="N")");

  v1::ModifyInstanceRequest modify;
  RpcWorld::Fill(modify.mutable_header());
  modify.mutable_instance()->set_path(RpcWorld::MachinePath("A"));
  modify.mutable_instance()->set_class_name("T_Machine");
  v1::Property& notes = *modify.mutable_instance()->add_properties();
  notes.set_name("Notes");
  notes.mutable_value()->set_text("x");
  status = CallWith(*stub_, &v1::ObjectManager::Stub::ModifyInstance, modify, response);
  EXPECT_TRUE(status.ok()) << status.error_message();

  v1::DeleteInstanceRequest remove;
  RpcWorld::Fill(remove.mutable_header());
  remove.set_path(RpcWorld::MachinePath("A"));
  status = CallWith(*stub_, &v1::ObjectManager::Stub::DeleteInstance, remove, response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(calls, ElementsAre("create", "modify", "delete"));

  create.set_text("instance of T_Machine { };");
  status = CallWith(*stub_, &v1::ObjectManager::Stub::CreateInstance, create, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ObjectManagerServiceTest, ServiceInformationSaysWhoTheCallerIs) {
  v1::GetServiceInformationRequest request;
  v1::GetServiceInformationResponse response;
  ASSERT_TRUE(CallWith(*stub_, &v1::ObjectManager::Stub::GetServiceInformation, request, response).ok());
  EXPECT_EQ(response.version(), "1.2.3");
  EXPECT_EQ(response.process_id(), static_cast<uint32_t>(getpid()));
  EXPECT_EQ(response.host().verdict(), "small guests");
  EXPECT_EQ(response.roots(0).name(), "boot");
  EXPECT_EQ(response.notices(0), "found nothing");
  EXPECT_EQ(world_.host.checks(), 0);
  request.set_check_host_again(true);
  ASSERT_TRUE(CallWith(*stub_, &v1::ObjectManager::Stub::GetServiceInformation, request, response).ok());
  EXPECT_EQ(world_.host.checks(), 1);
}

TEST_F(ObjectManagerServiceTest, BackupIsAuditedAndTakesPlainNamesOnly) {
  v1::BackupRequest request;
  request.set_file_name("monday.db");
  v1::BackupResponse response;
  ASSERT_TRUE(CallWith(*stub_, &v1::ObjectManager::Stub::Backup, request, response).ok());
  EXPECT_EQ(response.size(), 7u);
  EXPECT_THAT(world_.host.records(), ElementsAre("done Backup " + response.path()));
  for (const char* name : {"", "../x", "/etc/passwd", ".hidden", "a\nb"}) {
    request.set_file_name(name);
    EXPECT_EQ(CallWith(*stub_, &v1::ObjectManager::Stub::Backup, request, response).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT)
        << name;
  }
  request.set_file_name("there.db");
  EXPECT_EQ(CallWith(*stub_, &v1::ObjectManager::Stub::Backup, request, response).error_code(),
            grpc::StatusCode::ALREADY_EXISTS);
}

}  // namespace
}  // namespace cimvisor::rpc
