// The text forms of instances over the real service, also where system properties are asked for.
#include <grpcpp/grpcpp.h>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cimvisor/v1/object_manager.grpc.pb.h"
#include "tests/end_to_end/service_fixture.h"

namespace cimvisor::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class TextFormsTest : public ServiceFixture {
 protected:
  // The text of the one row of the query in this form, or what was wrong.
  std::string Row(const std::string& wql, v1::Representation form) {
    v1::QueryRequest request;
    request.set_wql(wql);
    request.mutable_header()->set_representation(form);
    grpc::ClientContext context;
    const auto reader = Stub().Query(&context, request);
    v1::QueryResponse page;
    std::string text;
    int rows = 0;
    while (reader->Read(&page)) {
      rows += page.texts_size();
      for (const std::string& row : page.texts()) text += row;
    }
    const grpc::Status status = reader->Finish();
    if (!status.ok()) return "failed: " + status.error_message();
    return rows == 1 ? text : "not one row: " + text;
  }

  std::string InstanceText(const std::string& path, v1::Representation form) {
    v1::GetInstanceRequest request;
    request.set_path(path);
    request.mutable_properties()->add_names("ElementName");
    request.mutable_properties()->add_names("__CLASS");
    request.mutable_header()->set_representation(form);
    grpc::ClientContext context;
    v1::GetInstanceResponse response;
    const grpc::Status status = Stub().GetInstance(&context, request, &response);
    return status.ok() ? response.text() : "failed: " + status.error_message();
  }

 private:
  v1::ObjectManager::Stub& Stub() {
    if (stub_ == nullptr) {
      stub_ = v1::ObjectManager::NewStub(grpc::CreateChannel("unix:" + socket(), grpc::InsecureChannelCredentials()));
    }
    return *stub_;
  }

  std::unique_ptr<v1::ObjectManager::Stub> stub_;
};

TEST_F(TextFormsTest, RowsAndInstancesComeInEachForm) {
  ASSERT_TRUE(StartService());
  const std::string path = MachinePath(DefineMachine("web"));
  const std::string wql = "SELECT __CLASS, ElementName, __PATH FROM Msvm_ComputerSystem WHERE ElementName = 'web'";
  const auto mof = AllOf(HasSubstr("instance of Msvm_ComputerSystem"), HasSubstr("ElementName = \"web\";"));
  EXPECT_THAT(Row(wql, v1::REPRESENTATION_MOF), mof);
  EXPECT_THAT(InstanceText(path, v1::REPRESENTATION_MOF), mof);
  const auto xml = AllOf(HasSubstr("<INSTANCE CLASSNAME=\"Msvm_ComputerSystem\">"), HasSubstr("<VALUE>web</VALUE>"));
  EXPECT_THAT(Row(wql, v1::REPRESENTATION_CIM_XML), AllOf(xml, Not(HasSubstr("__PATH"))));
  EXPECT_THAT(InstanceText(path, v1::REPRESENTATION_CIM_XML), AllOf(xml, Not(HasSubstr("EnabledState"))));
  EXPECT_THAT(Row(wql, v1::REPRESENTATION_WMI_DTD_20), AllOf(xml, HasSubstr("__PATH"), HasSubstr("CLASSORIGIN")));
  EXPECT_THAT(InstanceText(path, v1::REPRESENTATION_WMI_DTD_20), AllOf(xml, HasSubstr("__DERIVATION")));
  EXPECT_TRUE(client_->GetInstance(path).ok()) << ServiceLog();
}

}  // namespace
}  // namespace cimvisor::testing
