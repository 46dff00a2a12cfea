#include "clients/cpp/client.h"

#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/errors.h"
#include "clients/cpp/testing/fake_service.h"

namespace cimvisor::client {
namespace {

using testing::FakeService;
using ::testing::HasSubstr;

class ClientTest : public ::testing::Test {
 protected:
  void Connect(absl::Duration deadline = absl::Seconds(20)) {
    ClientOptions options;
    options.connection.server = service_.address();
    options.name_space = "root/cimv2";
    options.deadline = deadline;
    client_ = *Client::Connect(options);
  }

  FakeService service_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, GetsAnInstanceAndTheRevisionThatWasRead) {
  cimvisor::v1::GetInstanceRequest seen;
  service_.on_get_instance = [&](auto&, const auto& request, cimvisor::v1::GetInstanceResponse& response) {
    seen = request;
    response.mutable_header()->set_revision(17);
    Set(*response.mutable_instance(), "Name", TextValue("x"));
    return grpc::Status::OK;
  };
  service_.Start();
  Connect();
  int64_t revision = 0;
  const absl::StatusOr<Instance> instance = client_->GetInstance("C.Name=\"x\"", {"Name"}, &revision);
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ(Text(*instance, "Name"), "x");
  EXPECT_EQ(revision, 17);
  EXPECT_EQ(seen.path(), "C.Name=\"x\"");
  EXPECT_EQ(seen.header().name_space(), "root/cimv2");
  ASSERT_EQ(seen.properties().names_size(), 1);
}

TEST_F(ClientTest, ErrorsCarryTheCimStatusAndTheWmiCode) {
  service_.on_get_instance = [](auto&, const auto&, auto&) {
    cimvisor::v1::ErrorDetail detail;
    detail.set_cim_status(6);
    detail.set_cim_status_name("CIM_ERR_NOT_FOUND");
    detail.set_wmi_code(0x80041002u);
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no \"x\"", detail.SerializeAsString());
  };
  service_.Start();
  Connect();
  const absl::Status status = client_->GetInstance("C.Name=\"x\"").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  ASSERT_TRUE(ErrorDetailOf(status).has_value());
  EXPECT_EQ(ErrorDetailOf(status)->cim_status(), 6u);
  EXPECT_EQ(ErrorDetailOf(status)->wmi_code(), 0x80041002u);
}

TEST_F(ClientTest, ACallEndsAtItsDeadline) {
  service_.on_get_instance = [](grpc::ServerContext& context, const auto&, auto&) {
    while (!context.IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    return grpc::Status::CANCELLED;
  };
  service_.Start();
  Connect(absl::Milliseconds(200));
  EXPECT_TRUE(absl::IsDeadlineExceeded(client_->GetInstance("C.Name=\"x\"").status()));
}

TEST_F(ClientTest, WithoutAServiceItSaysWhereItLookedAndWhatToDo) {
  Connect();
  const absl::Status status = client_->GetInstance("C.Name=\"x\"").status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(service_.address()));
  EXPECT_FALSE(ErrorDetailOf(status).has_value());
}

TEST_F(ClientTest, TheNextCallBehindARestartWorksAtOnce) {
  service_.on_get_instance = [](auto&, const auto&, auto&) { return grpc::Status::OK; };
  service_.Start();
  Connect();
  ASSERT_TRUE(client_->GetInstance("C.Name=\"x\"").ok());
  service_.Stop();
  const absl::Status away = client_->GetInstance("C.Name=\"x\"").status();
  EXPECT_TRUE(absl::IsUnavailable(away)) << away;
  service_.Start();
  EXPECT_TRUE(client_->GetInstance("C.Name=\"x\"").ok());
}

TEST_F(ClientTest, RowsComeAsTheyAreSentAndMayBeLeftEarly) {
  service_.on_query = [](const auto&, grpc::ServerWriter<cimvisor::v1::QueryResponse>& writer) {
    cimvisor::v1::QueryResponse response;
    response.mutable_header()->set_revision(5);
    auto* layout = response.add_layouts();
    layout->set_id(1);
    layout->set_class_name("C");
    auto* property = layout->add_properties();
    property->set_name("Number");
    property->set_type(cimvisor::v1::CIM_TYPE_UINT32);
    while (true) {  // without an end
      auto* batch = response.add_batches();
      batch->set_layout_id(1);
      batch->set_rows(2);
      batch->add_columns()->add_unsigned_(1);
      batch->mutable_columns(0)->add_unsigned_(2);
      batch->add_strings("");
      batch->add_path(0);
      batch->add_path(0);
      batch->add_revision(0);
      batch->add_revision(0);
      if (!writer.Write(response)) return grpc::Status::CANCELLED;
      response.Clear();
    }
  };
  service_.Start();
  Connect();
  std::vector<int64_t> numbers;
  int64_t revision = 0;
  const absl::Status status = client_->Query(
      "SELECT * FROM C",
      [&](const Instance& row) {
        EXPECT_EQ(revision, 5);
        numbers.push_back(Integer(row, "Number").value_or(0));
        return numbers.size() < 5;
      },
      &revision);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(numbers, ::testing::ElementsAre(1, 2, 1, 2, 1));
}

TEST_F(ClientTest, AssociationsAndExplanationsAreAskedForAsMessages) {
  std::vector<cimvisor::v1::QueryRequest> seen;
  service_.on_query = [&](const auto& request, grpc::ServerWriter<cimvisor::v1::QueryResponse>& writer) {
    seen.push_back(request);
    cimvisor::v1::QueryResponse response;
    response.mutable_explanation()->add_steps("look up Name");
    response.mutable_explanation()->set_rows_examined(1);
    writer.Write(response);
    return grpc::Status::OK;
  };
  service_.Start();
  Connect();
  cimvisor::v1::AssociationQuery association;
  association.set_path("C.Name=\"x\"");
  association.set_role("Antecedent");
  EXPECT_TRUE(client_->Associators(association, [](const Instance&) { return true; }).ok());
  EXPECT_TRUE(client_->References(association, [](const Instance&) { return true; }).ok());
  const auto explanation = client_->Explain("SELECT * FROM C");
  ASSERT_TRUE(explanation.ok()) << explanation.status();
  EXPECT_EQ(explanation->rows_examined(), 1u);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].associators().role(), "Antecedent");
  EXPECT_EQ(seen[1].references().path(), "C.Name=\"x\"");
  EXPECT_TRUE(seen[2].explain());
}

TEST_F(ClientTest, InvokeMapsTheOutcome) {
  cimvisor::v1::InvokeMethodRequest seen;
  service_.on_invoke = [&](const auto& request, cimvisor::v1::InvokeMethodResponse& response) {
    seen = request;
    response.set_return_value(32775);
    response.mutable_header()->set_revision(9);
    Set(*response.mutable_error(), "Message", TextValue("the machine is on"));
    response.add_plan("turn it off");
    return grpc::Status::OK;
  };
  service_.Start();
  Connect();
  InvokeOptions options;
  options.plan = true;
  options.expected_revision = 4;
  const auto result = client_->Invoke("C.Name=\"x\"", "Do", {Parameter("A", UnsignedValue(1))}, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(seen.header().mode(), cimvisor::v1::MODE_PLAN);
  EXPECT_EQ(seen.header().expected_revision(), 4);
  EXPECT_EQ(result->revision, 9);
  EXPECT_THAT(result->plan, ::testing::ElementsAre("turn it off"));
  EXPECT_THAT(std::string(result->ToStatus("Do").message()), HasSubstr("32775: the machine is on"));
}

TEST_F(ClientTest, ACallWithARequestIdIsRepeatedWhenItsConnectionBreaks) {
  service_.on_get_instance = [](auto&, const auto&, auto&) { return grpc::Status::OK; };
  std::set<std::string> ids;
  int calls = 0;
  service_.on_invoke = [&](const auto& request, cimvisor::v1::InvokeMethodResponse& response) {
    ids.insert(request.header().request_id());
    if (++calls < 3) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed");
    response.set_replayed(true);
    return grpc::Status::OK;
  };
  service_.Start();
  Connect();
  ASSERT_TRUE(client_->GetInstance("C.Name=\"x\"").ok());
  InvokeOptions options;
  options.request_id = NewRequestId();
  const auto result = client_->Invoke("C.Name=\"x\"", "Do", {}, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->replayed);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(ids.size(), 1u);
  calls = 0;
  EXPECT_TRUE(absl::IsUnavailable(client_->Invoke("C.Name=\"x\"", "Do", {}).status())) << "without an id it is not";
  EXPECT_EQ(calls, 1);
  EXPECT_NE(NewRequestId(), NewRequestId());
}

}  // namespace
}  // namespace cimvisor::client
