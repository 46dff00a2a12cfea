#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/broker/testing/test_world.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"

namespace cimvisor::broker {
namespace {

using cim::CimStatus;
using cim::CimStatusOf;
using cim::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TestWorld;

const char* const kMachine = R"(T_Machine.CreationClassName="T_Machine",Name="A")";
const char* const kService = R"(T_Service.Name="vmms")";

class InvokeTest : public ::testing::Test {
 protected:
  InvokeTest() {
    world_.machines->invoke = [this](security::Operation& operation, const MethodCall& call) {
      return Change(operation, call);
    };
    world_.service->invoke = [](security::Operation&, const MethodCall&) { return MethodResult{}; };
  }

  // A change that takes part in request ids, as a provider makes it.
  absl::StatusOr<MethodResult> Change(security::Operation& operation, const MethodCall& call) {
    MethodResult result;
    result.return_value = 4096;
    result.out_parameters = {Value::Null(cim::CimType::kUint16), Value::Null(cim::CimType::kDateTime),
                             Value::String("job 1")};
    operation.outcome = SerializeOutcome(*call.method, result);
    RETURN_IF_ERROR(
        world_.store->Commit({[&](store::Transaction& transaction) { return operation.Record(transaction); }, nullptr})
            .status());
    return result;
  }

  absl::StatusOr<InvokeResult> Invoke(const std::string& path, const std::string& method,
                                      std::vector<NamedValue> parameters, const std::string& request_id = "") {
    CallContext call = world_.Call();
    call.request_id = request_id;
    return world_.broker->InvokeMethod(call, InvokeRequest{path, method, std::move(parameters)});
  }
  absl::StatusOr<InvokeResult> Define(std::vector<NamedValue> parameters) {
    return Invoke(kService, "Define", std::move(parameters));
  }
  void ExpectBad(std::vector<NamedValue> parameters, const std::string& message) {
    const absl::Status status = Define(std::move(parameters)).status();
    EXPECT_EQ(CimStatusOf(status), CimStatus::kInvalidParameter) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
  const Value& Parameter(const std::string& name) {
    const cim::Method* method = world_.Class("T_Service")->FindMethod("Define");
    for (size_t i = 0; i < method->parameters.size(); ++i) {
      if (method->parameters[i].name == name) return world_.service->last_parameters[i];
    }
    ADD_FAILURE() << name;
    return world_.service->last_parameters[0];
  }

  TestWorld world_;
};

TEST_F(InvokeTest, NamesInAnyCaseAndValuesCoerced) {
  const auto result = Invoke(kMachine, "setstate", {{"STATE", Value::String("2")}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->method->name, "SetState");
  EXPECT_EQ(result->result.return_value, 4096U);
  EXPECT_EQ(result->result.out_parameters[2].string(), "job 1");
  EXPECT_FALSE(result->replayed);
  EXPECT_EQ(world_.machines->last_parameters[0].type(), cim::CimType::kUint16);
  EXPECT_EQ(world_.machines->last_parameters[0].unsigned_value(), 2U);
  EXPECT_TRUE(world_.machines->last_parameters[1].is_null());
  EXPECT_EQ(world_.machines->last_operation.name, "T_Machine.SetState");
  EXPECT_EQ(world_.machines->last_operation.detail, "State=2");
}

TEST_F(InvokeTest, EmbeddedInstancesAsObjectsOrText) {
  const char* mof = "instance of T_Memory { InstanceID = \"x\"; Size = 5; };";
  ASSERT_TRUE(Define({{"Settings", Value::String(mof)}}).ok());
  const Value& parsed = Parameter("Settings");
  ASSERT_EQ(parsed.type(), cim::CimType::kObject);
  EXPECT_EQ(parsed.object()->cls().name(), "T_Memory");
  EXPECT_EQ(parsed.object()->Find("Size")->unsigned_value(), 5U);

  const char* xml =
      "<INSTANCE CLASSNAME=\"T_Settings\"><PROPERTY NAME=\"Size\" "
      "TYPE=\"uint64\"><VALUE>6</VALUE></PROPERTY></INSTANCE>";
  ASSERT_TRUE(Define({{"Settings", Value::String(xml)}}).ok());
  EXPECT_EQ(Parameter("Settings").object()->Find("Size")->unsigned_value(), 6U);
  ExpectBad({{"Settings", Value::String("<INSTANCE CLASSNAME=")}}, "the parameter Settings: ");

  const auto object = world_.Instance("T_Settings", "InstanceID=y");
  ASSERT_TRUE(Define({{"Settings", Value::Object(object)},
                      {"Resources", Value::Array(cim::CimType::kString, {Value::String(mof), Value::String(mof)})}})
                  .ok());
  EXPECT_EQ(Parameter("Settings").object(), object);
  ASSERT_EQ(Parameter("Resources").elements().size(), 2U);
  EXPECT_EQ(Parameter("Resources").elements()[1].object()->cls().name(), "T_Memory");

  // A single value for an array; an empty text, and a parameter that is not given, are null.
  ASSERT_TRUE(Define({{"Settings", Value::String(" ")}, {"Resources", Value::String(mof)}}).ok());
  EXPECT_TRUE(Parameter("Settings").is_null());
  EXPECT_EQ(Parameter("Resources").elements().size(), 1U);
  ASSERT_TRUE(Define({{"Resources", Value::Array(cim::CimType::kString, {})}}).ok());
  EXPECT_TRUE(Parameter("Settings").is_null());
  EXPECT_EQ(Parameter("Resources").elements().size(), 0U);
}

TEST_F(InvokeTest, ReferencesAreResolvedAndOfTheirClass) {
  ASSERT_TRUE(Define({{"Reference", Value::String(R"(\\h\root\test:t_memory.instanceid="SA")")}}).ok());
  EXPECT_EQ(Parameter("Reference").reference().RelativeText(), R"(T_Memory.InstanceID="SA")");
  ExpectBad({{"Reference", Value::String(kMachine)}}, "Reference: the path T_Machine");
  ExpectBad({{"Reference", Value::String("nonsense path")}}, "Reference: ");
  ExpectBad({{"Reference", Value::Unsigned(cim::CimType::kUint64, 5)}}, "Reference: expected an object path");
  // Its qualifier lets Affected name a machine too.
  EXPECT_TRUE(Define({{"Affected", Value::String(kMachine)}}).ok());
  EXPECT_TRUE(Define({{"Affected", Value::String("T_Settings.InstanceID='SA'")}}).ok());
  ExpectBad({{"Affected", Value::String(kService)}}, "is not that of a T_Settings");
}

TEST_F(InvokeTest, ParametersThatAreWrongAreNamed) {
  ExpectBad({{"Setings", Value::String("")}}, "T_Service.Define: there is no parameter 'Setings'");
  ExpectBad({{"Text", Value::String("")}}, "the parameter Text is only for output");
  ExpectBad({{"Force", Value::Boolean(true)}, {"FORCE", Value::Boolean(true)}}, "Force is given twice");
  ExpectBad({{"Force", Value::String("maybe")}}, "the parameter Force: ");
  ExpectBad({{"Codes", Value::Array(cim::CimType::kUint64, {Value::Unsigned(cim::CimType::kUint64, 1),
                                                            Value::Unsigned(cim::CimType::kUint64, 70000)})}},
            "the parameter Codes: element 1: ");
  ExpectBad({{"Force", Value::Array(cim::CimType::kBoolean, {Value::Boolean(true)})}}, "an array was given");
  ExpectBad({{"Settings", Value::String("instance of T_Machine { Name = \"x\"; };")}},
            "an instance of T_Machine is no T_Settings");
  ExpectBad({{"Settings", Value::String("instance of T_Settings { Nmae = 1; };")}}, "the parameter Settings: ");
  ExpectBad({{"Settings", Value::Boolean(true)}}, "expected an instance");
  EXPECT_EQ(world_.service->invocations, 0);
}

TEST_F(InvokeTest, WhatCannotBeCalled) {
  EXPECT_EQ(CimStatusOf(Invoke(kMachine, "Nonsense", {}).status()), CimStatus::kMethodNotFound);
  EXPECT_EQ(CimStatusOf(Invoke("T_Machine", "SetState", {}).status()), CimStatus::kInvalidParameter);
  EXPECT_EQ(CimStatusOf(Invoke("T_Bare.InstanceID='x'", "Ping", {}).status()), CimStatus::kMethodNotAvailable);
  EXPECT_EQ(CimStatusOf(Invoke(R"(T_Machine.CreationClassName="T_Machine",Name="Z")", "SetState", {}).status()),
            CimStatus::kNotFound);
  EXPECT_EQ(CimStatusOf(Invoke(R"(T_Host.CreationClassName="T_Host",Name="H")", "SetState", {}).status()),
            CimStatus::kMethodNotAvailable);
  EXPECT_EQ(world_.machines->invocations, 0);
}

TEST_F(InvokeTest, RightsOfEachMethod) {
  const CallContext reader = world_.Call(TestWorld::Reader());
  EXPECT_EQ(CimStatusOf(world_.broker->InvokeMethod(reader, {kMachine, "SetState", {}}).status()),
            CimStatus::kAccessDenied);
  EXPECT_EQ(CimStatusOf(Invoke("T_Service", "Version", {}).status()), CimStatus::kAccessDenied);
  const CallContext nobody = world_.Call(TestWorld::Nobody());
  EXPECT_EQ(CimStatusOf(world_.broker->InvokeMethod(nobody, {kMachine, "Nonsense", {}}).status()),
            CimStatus::kAccessDenied);
  EXPECT_THAT(world_.Denials(),
              ElementsAre("nobody InvokeMethod", "root T_Service.Version", "reader T_Machine.SetState"));
  EXPECT_EQ(world_.machines->invocations, 0);
}

TEST_F(InvokeTest, ARequestIdReturnsTheFirstOutcome) {
  ASSERT_TRUE(Invoke(kMachine, "SetState", {{"State", Value::String("2")}}, "id-1").ok());
  const auto repeat = Invoke(kMachine, "SETSTATE", {{"state", Value::Unsigned(cim::CimType::kUint16, 2)}}, "id-1");
  ASSERT_TRUE(repeat.ok()) << repeat.status();
  EXPECT_TRUE(repeat->replayed);
  EXPECT_EQ(repeat->result.return_value, 4096U);
  EXPECT_EQ(repeat->result.out_parameters[2].string(), "job 1");
  EXPECT_EQ(world_.machines->invocations, 1);
  // Of an object that has gone since, too.
  world_.machines->instances.clear();
  EXPECT_TRUE(Invoke(kMachine, "SetState", {{"State", Value::String("2")}}, "id-1").ok());
}

TEST_F(InvokeTest, ARequestIdWithOtherParametersIsAnError) {
  ASSERT_TRUE(Invoke(kMachine, "SetState", {{"State", Value::String("2")}}, "id-1").ok());
  for (const auto& other : {Invoke(kMachine, "SetState", {{"State", Value::String("3")}}, "id-1"),
                            Invoke(R"(T_Machine.CreationClassName="T_Machine",Name="B")", "SetState",
                                   {{"State", Value::String("2")}}, "id-1")}) {
    EXPECT_EQ(CimStatusOf(other.status()), CimStatus::kInvalidParameter) << other.status();
    EXPECT_THAT(std::string(other.status().message()), HasSubstr("id-1"));
  }
  EXPECT_EQ(world_.machines->invocations, 1);
}

TEST_F(InvokeTest, RepeatsInFlightWaitForTheFirst) {
  std::vector<std::thread> threads;
  std::atomic<int> replayed{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto result = Invoke(kMachine, "SetState", {{"State", Value::String("2")}}, "same");
      ASSERT_TRUE(result.ok()) << result.status();
      if (result->replayed) ++replayed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(world_.machines->invocations, 1);
  EXPECT_EQ(replayed, 7);
}

TEST_F(InvokeTest, AProviderMayLeaveOutParametersAtTheEnd) {
  const auto result = Define({});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->result.out_parameters.size(), result->method->parameters.size());
}

}  // namespace
}  // namespace cimvisor::broker
