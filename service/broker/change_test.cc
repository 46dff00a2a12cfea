// CreateInstance, ModifyInstance, DeleteInstance.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

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

const char* const kSettings = "T_Settings.InstanceID='SA'";

class ChangeTest : public ::testing::Test {
 protected:
  ChangeTest() {
    world_.settings->remove = [this](security::Operation& operation, const cim::ObjectPath& path) {
      removed_.push_back(path.RelativeText());
      return Commit(operation);
    };
    world_.settings->create = [this](security::Operation& operation,
                                     const cim::Instance& instance) -> absl::StatusOr<cim::ObjectPath> {
      created_.push_back(instance.Path().RelativeText());
      operation.outcome = SerializePathOutcome(instance.Path());
      RETURN_IF_ERROR(Commit(operation));
      return instance.Path();
    };
    world_.settings->modify = [this](security::Operation& operation, const cim::ObjectPath& path,
                                     const cim::Instance& instance) {
      modified_.push_back(path.RelativeText() + " " + instance.Find("Notes")->ToText());
      return Commit(operation);
    };
  }
  absl::Status Commit(security::Operation& operation) {
    return world_.store
        ->Commit({[&](store::Transaction& transaction) { return operation.Record(transaction); }, nullptr})
        .status();
  }
  CallContext WithId(const std::string& id) const {
    CallContext call = world_.Call();
    call.request_id = id;
    return call;
  }
  static InstanceInput Input(const std::string& notes) {
    InstanceInput input;
    input.class_name = "T_Settings";
    input.properties = {{"InstanceID", Value::String("N")}, {"Notes", Value::String(notes)}};
    return input;
  }

  TestWorld world_;
  std::vector<std::string> removed_, created_, modified_;
};

TEST_F(ChangeTest, CreatesFromPropertiesOrText) {
  const auto created = world_.broker->CreateInstance(world_.Call(), Input("n"));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->path.RelativeText(), "T_Settings.InstanceID=\"N\"");
  InstanceInput text;
  text.text = "instance of T_Settings { InstanceID = \"M\"; };";
  ASSERT_TRUE(world_.broker->CreateInstance(world_.Call(), text).ok());
  EXPECT_THAT(created_, ElementsAre("T_Settings.InstanceID=\"N\"", "T_Settings.InstanceID=\"M\""));
  text.class_name = "T_Settings";
  EXPECT_EQ(CimStatusOf(world_.broker->CreateInstance(world_.Call(), text).status()), CimStatus::kInvalidParameter);
}

TEST_F(ChangeTest, ModifiesByPathOrByKeys) {
  ASSERT_TRUE(world_.broker->ModifyInstance(world_.Call(), Input("one")).ok());
  InstanceInput by_path = Input("two");
  by_path.path = kSettings;
  ASSERT_TRUE(world_.broker->ModifyInstance(world_.Call(), by_path).ok());
  EXPECT_THAT(modified_, ElementsAre("T_Settings.InstanceID=\"N\" one", "T_Settings.InstanceID=\"SA\" two"));
  by_path.path = R"(T_Host.CreationClassName="T_Host",Name="H")";
  EXPECT_EQ(CimStatusOf(world_.broker->ModifyInstance(world_.Call(), by_path).status()), CimStatus::kInvalidParameter);
}

TEST_F(ChangeTest, DeletesByPath) {
  const auto deleted = world_.broker->DeleteInstance(world_.Call(), kSettings);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_THAT(removed_, ElementsAre("T_Settings.InstanceID=\"SA\""));
  EXPECT_EQ(CimStatusOf(world_.broker->DeleteInstance(world_.Call(), "T_Settings").status()), CimStatus::kNotSupported);
}

TEST_F(ChangeTest, RequestIdsReplayThePath) {
  ASSERT_TRUE(world_.broker->CreateInstance(WithId("c"), Input("n")).ok());
  const auto created = world_.broker->CreateInstance(WithId("c"), Input("n"));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(created->replayed);
  EXPECT_EQ(created->path.RelativeText(), "T_Settings.InstanceID=\"N\"");
  EXPECT_EQ(CimStatusOf(world_.broker->CreateInstance(WithId("c"), Input("other")).status()),
            CimStatus::kInvalidParameter);
  ASSERT_TRUE(world_.broker->DeleteInstance(WithId("d"), kSettings).ok());
  EXPECT_TRUE(world_.broker->DeleteInstance(WithId("d"), kSettings)->replayed);
  ASSERT_TRUE(world_.broker->ModifyInstance(WithId("m"), Input("n")).ok());
  EXPECT_TRUE(world_.broker->ModifyInstance(WithId("m"), Input("n"))->replayed);
  EXPECT_EQ(created_.size() + removed_.size() + modified_.size(), 3U);
}

TEST_F(ChangeTest, WhatAProviderDoesNotOfferIsNamed) {
  const absl::Status status =
      world_.broker->DeleteInstance(world_.Call(), R"(T_Host.CreationClassName="T_Host",Name="H")").status();
  EXPECT_EQ(CimStatusOf(status), CimStatus::kNotSupported);
  EXPECT_THAT(std::string(status.message()), HasSubstr("T_Host"));
  EXPECT_EQ(CimStatusOf(world_.broker->DeleteInstance(world_.Call(), "T_Bare.InstanceID='x'").status()),
            CimStatus::kNotSupported);
  InstanceInput host;
  host.class_name = "T_Host";
  EXPECT_EQ(CimStatusOf(world_.broker->CreateInstance(world_.Call(), host).status()), CimStatus::kNotSupported);
}

TEST_F(ChangeTest, RightsAndMode) {
  const CallContext reader = world_.Call(TestWorld::Reader());
  EXPECT_EQ(CimStatusOf(world_.broker->CreateInstance(reader, Input("n")).status()), CimStatus::kAccessDenied);
  EXPECT_EQ(CimStatusOf(world_.broker->ModifyInstance(reader, Input("n")).status()), CimStatus::kAccessDenied);
  EXPECT_EQ(CimStatusOf(world_.broker->DeleteInstance(reader, kSettings).status()), CimStatus::kAccessDenied);
  const CallContext nobody = world_.Call(TestWorld::Nobody());
  InstanceInput hostile;
  hostile.text = "instance of";
  EXPECT_EQ(CimStatusOf(world_.broker->CreateInstance(nobody, hostile).status()), CimStatus::kAccessDenied);
  EXPECT_THAT(world_.Denials(), ElementsAre("nobody CreateInstance", "reader T_Settings.DeleteInstance",
                                            "reader T_Settings.ModifyInstance", "reader T_Settings.CreateInstance"));
  CallContext plan = world_.Call();
  plan.mode = Mode::kPlan;
  EXPECT_EQ(CimStatusOf(world_.broker->DeleteInstance(plan, "T_Bare.InstanceID='x'").status()),
            CimStatus::kNotSupported);
  EXPECT_TRUE(removed_.empty());
}

TEST_F(ChangeTest, APlanIsMadeWithoutTheRequestIdAndCannotBeCommitted) {
  world_.settings->remove = [](security::Operation& operation, const cim::ObjectPath&) {
    EXPECT_NE(operation.plan, nullptr);
    operation.plan->steps.push_back("remove it");
    operation.plan->machine_must_be_off = true;
    return absl::OkStatus();
  };
  CallContext plan = WithId("same");
  plan.mode = Mode::kPlan;
  const auto planned = world_.broker->DeleteInstance(plan, kSettings);
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_THAT(planned->plan->steps, ElementsAre("remove it"));
  EXPECT_TRUE(planned->plan->machine_must_be_off);
  EXPECT_FALSE(world_.broker->DeleteInstance(plan, kSettings)->replayed);
  // A provider that overlooks the plan commits nothing.
  const auto overlooked = world_.broker->ModifyInstance(plan, Input("n"));
  EXPECT_THAT(std::string(overlooked.status().message()), HasSubstr("only planned"));
  EXPECT_EQ(world_.store->Read("SELECT number FROM audit")->size(), 0U);
  // And one that says nothing is named.
  world_.settings->remove = [](security::Operation&, const cim::ObjectPath&) { return absl::OkStatus(); };
  const absl::Status silent = world_.broker->DeleteInstance(plan, kSettings).status();
  EXPECT_EQ(CimStatusOf(silent), CimStatus::kNotSupported);
  EXPECT_THAT(std::string(silent.message()), HasSubstr("MODE_PLAN is not supported for T_Settings.DeleteInstance"));
}

TEST_F(ChangeTest, RequestIdsAreRememberedAcrossARestart) {
  ASSERT_TRUE(world_.broker->CreateInstance(WithId("c"), Input("n")).ok());
  ASSERT_TRUE(world_.broker->ModifyInstance(WithId("m"), Input("n")).ok());
  ASSERT_TRUE(world_.broker->DeleteInstance(WithId("d"), kSettings).ok());
  world_.Restart();
  EXPECT_TRUE(world_.broker->CreateInstance(WithId("c"), Input("n"))->replayed);
  EXPECT_TRUE(world_.broker->ModifyInstance(WithId("m"), Input("n"))->replayed);
  EXPECT_TRUE(world_.broker->DeleteInstance(WithId("d"), kSettings)->replayed);
  for (const absl::Status& other :
       {world_.broker->CreateInstance(WithId("c"), Input("x")).status(),
        world_.broker->ModifyInstance(WithId("m"), Input("x")).status(),
        world_.broker->DeleteInstance(WithId("d"), "T_Settings.InstanceID='SB'").status()}) {
    EXPECT_EQ(CimStatusOf(other), CimStatus::kInvalidParameter) << other;
  }
  EXPECT_EQ(created_.size() + removed_.size() + modified_.size(), 3U);
}

TEST_F(ChangeTest, RepeatsInFlightWaitForTheFirst) {
  std::atomic<int> replayed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      if (world_.broker->CreateInstance(WithId("c"), Input("n"))->replayed) ++replayed;
      if (world_.broker->ModifyInstance(WithId("m"), Input("n"))->replayed) ++replayed;
      if (world_.broker->DeleteInstance(WithId("d"), kSettings)->replayed) ++replayed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(replayed, 9);
  EXPECT_EQ(created_.size() + removed_.size() + modified_.size(), 3U);
}

}  // namespace
}  // namespace cimvisor::broker
