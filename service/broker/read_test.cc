// GetClass, EnumerateClasses, GetInstance, MakeInstance, and what every call checks.
#include <string>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/broker/testing/test_world.h"
#include "service/cim/errors.h"
#include "service/cim/system_properties.h"

namespace cimvisor::broker {
namespace {

using cim::CimStatus;
using cim::CimStatusOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestWorld;
using ::testing::UnorderedElementsAre;

class ReadTest : public ::testing::Test {
 protected:
  std::vector<std::string> Classes(absl::string_view superclass, bool direct_only) {
    const auto classes = world_.broker->EnumerateClasses(world_.Call(), superclass, direct_only);
    std::vector<std::string> names;
    if (!classes.ok()) return {classes.status().ToString()};
    for (const auto& cls : *classes) names.push_back(cls->name());
    return names;
  }
  absl::StatusOr<InstanceResult> Get(const std::string& path, const std::vector<std::string>* properties = nullptr) {
    return world_.broker->GetInstance(world_.Call(), path, properties);
  }
  CimStatus GetError(const std::string& path) { return CimStatusOf(Get(path).status()); }

  TestWorld world_;
};

TEST_F(ReadTest, ClassesByNameInAnyCase) {
  EXPECT_EQ(world_.broker->GetClass(world_.Call(), "t_machine").value()->name(), "T_Machine");
  EXPECT_EQ(CimStatusOf(world_.broker->GetClass(world_.Call(), "Nonsense").status()), CimStatus::kInvalidClass);
  CallContext call = world_.Call();
  call.name_space = "ROOT\\TEST";
  EXPECT_TRUE(world_.broker->GetClass(call, "T_Machine").ok());
  call.name_space = "root/nothing";
  EXPECT_EQ(CimStatusOf(world_.broker->GetClass(call, "T_Machine").status()), CimStatus::kInvalidNamespace);
}

TEST_F(ReadTest, SubclassesOfAClass) {
  EXPECT_THAT(Classes("T_System", false), UnorderedElementsAre("T_Machine", "T_Host"));
  EXPECT_THAT(Classes("__Event", true), ::testing::Contains("__InstanceOperationEvent"));
  EXPECT_THAT(Classes("__Event", true), ::testing::Not(::testing::Contains("__InstanceCreationEvent")));
  EXPECT_THAT(Classes("T_Host", false), IsEmpty());
  EXPECT_EQ(CimStatusOf(world_.broker->EnumerateClasses(world_.Call(), "Nonsense", false).status()),
            CimStatus::kInvalidClass);
  EXPECT_THAT(Classes("", true), ::testing::Contains("T_Element"));
  EXPECT_THAT(Classes("", true), ::testing::Not(::testing::Contains("T_Machine")));
}

TEST_F(ReadTest, InstanceByPathInEverySpelling) {
  for (const char* path :
       {R"(T_Machine.CreationClassName="T_Machine",Name="A")", R"(t_machine.NAME='a',CreationClassName='t_machine')",
        R"(\\any\ROOT\Test:T_Machine.CreationClassName="T_Machine",Name="A")",
        R"(//any/root/test:T_Machine.CreationClassName="T_Machine",Name="A")"}) {
    const auto result = Get(path);
    ASSERT_TRUE(result.ok()) << path << result.status();
    EXPECT_EQ(TestWorld::NameOf(*result->instance), "T_Machine.A");
    EXPECT_EQ(result->revision, 7);
    EXPECT_EQ(result->projection.slots.size(), result->instance->cls().properties().size());
  }
  EXPECT_TRUE(Get(R"(T_Settings="SA")").ok());
}

TEST_F(ReadTest, AFullPathOverridesTheNamespaceOfTheCall) {
  CallContext call = world_.Call();
  call.name_space = testing::kOtherNamespace;
  EXPECT_TRUE(world_.broker->GetInstance(call, R"(root\test:T_Settings.InstanceID="SA")", nullptr).ok());
}

TEST_F(ReadTest, TheProviderIsAskedForThePropertiesAndKeys) {
  const std::vector<std::string> names = {"elementname", "__PATH"};
  const auto result = Get(R"(T_Settings.InstanceID="SA")", &names);
  ASSERT_TRUE(result.ok()) << result.status();
  const auto cls = world_.Class("T_Settings");
  EXPECT_THAT(result->projection.slots,
              ElementsAre(cls->FindProperty("ElementName"), cim::SystemColumn(cim::SystemProperty::kPath)));
  const cim::PropertySet& asked = world_.settings->last_request.properties;
  EXPECT_TRUE(asked.Contains(cls->FindProperty("InstanceID")));
  EXPECT_FALSE(asked.Contains(cls->FindProperty("Notes")));
  ASSERT_EQ(world_.settings->last_request.hints.size(), 1U);
  EXPECT_EQ(world_.settings->last_request.hints[0].value.string(), "SA");
}

TEST_F(ReadTest, PathsThatAreWrong) {
  EXPECT_EQ(GetError(R"(T_Machine.CreationClassName="T_Machine",Name="Z")"), CimStatus::kNotFound);
  EXPECT_EQ(GetError(R"(T_Bare.InstanceID="x")"), CimStatus::kNotFound);
  EXPECT_EQ(GetError(R"(Nonsense.Name="A")"), CimStatus::kInvalidClass);
  EXPECT_EQ(GetError(R"(root\nothing:T_Settings.InstanceID="SA")"), CimStatus::kInvalidNamespace);
  EXPECT_EQ(GetError("T_Machine"), CimStatus::kInvalidParameter);
  EXPECT_EQ(GetError("T_Machine=@"), CimStatus::kInvalidParameter);
  EXPECT_EQ(GetError(R"(T_Machine.Name="A")"), CimStatus::kInvalidParameter);
  EXPECT_THAT(std::string(Get(R"(T_Machine.Name="A")").status().message()),
              HasSubstr("lacks the key CreationClassName"));
  EXPECT_EQ(GetError(R"(T_Settings.InstanceID="SA",Notes="x")"), CimStatus::kInvalidParameter);
  EXPECT_EQ(GetError(R"(T_Machine="A")"), CimStatus::kInvalidParameter);
  EXPECT_EQ(GetError("..///"), CimStatus::kInvalidParameter);
  EXPECT_EQ(GetError(""), CimStatus::kInvalidParameter);
  const std::vector<std::string> unknown = {"Nmae"};
  EXPECT_EQ(CimStatusOf(Get(R"(T_Settings.InstanceID="SA")", &unknown).status()), CimStatus::kNoSuchProperty);
}

TEST_F(ReadTest, RightsAreCheckedAndDenialsAreRows) {
  const std::string secret = R"(T_Secret.InstanceID="S")";
  EXPECT_TRUE(world_.broker->GetInstance(world_.Call(), secret, nullptr).ok());
  EXPECT_EQ(CimStatusOf(world_.broker->GetInstance(world_.Call(TestWorld::Reader()), secret, nullptr).status()),
            CimStatus::kAccessDenied);
  const CallContext nobody = world_.Call(TestWorld::Nobody());
  EXPECT_EQ(CimStatusOf(world_.broker->GetClass(nobody, "T_Machine").status()), CimStatus::kAccessDenied);
  EXPECT_EQ(CimStatusOf(world_.broker->EnumerateClasses(nobody, "", false).status()), CimStatus::kAccessDenied);
  EXPECT_EQ(CimStatusOf(world_.broker->GetInstance(nobody, "Nonsense.x=1", nullptr).status()),
            CimStatus::kAccessDenied);
  EXPECT_THAT(world_.Denials(),
              ElementsAre("nobody GetInstance", "nobody EnumerateClasses", "nobody GetClass", "reader GetInstance"));
}

TEST_F(ReadTest, WhatIsNotOfferedIsNamed) {
  CallContext call = world_.Call();
  call.mode = Mode::kPlan;
  const absl::Status planned = world_.broker->GetInstance(call, "T_Settings=\"SA\"", nullptr).status();
  EXPECT_EQ(CimStatusOf(planned), CimStatus::kNotSupported);
  EXPECT_THAT(std::string(planned.message()), HasSubstr("MODE_PLAN"));
  call = world_.Call();
  call.expected_revision = 3;
  EXPECT_EQ(CimStatusOf(world_.broker->GetClass(call, "T_Machine").status()), CimStatus::kNotSupported);
}

TEST_F(ReadTest, ACallWhoseTimeIsOverDoesNotStart) {
  CallContext call = world_.Call();
  call.deadline = absl::Now() - absl::Seconds(1);
  EXPECT_EQ(world_.broker->GetInstance(call, "T_Settings=\"SA\"", nullptr).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  call = world_.Call();
  call.cancelled = [] { return true; };
  EXPECT_EQ(world_.broker->GetInstance(call, "T_Settings=\"SA\"", nullptr).status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(world_.settings->enumerations, 0);
}

TEST_F(ReadTest, InstancesFromMessages) {
  const auto made = world_.broker->MakeInstance(
      testing::kNamespace, "t_settings", {{"notes", cim::Value::String("n")}, {"SIZE", cim::Value::String("5")}});
  ASSERT_TRUE(made.ok()) << made.status();
  const cim::Class& cls = (*made)->cls();
  EXPECT_EQ((*made)->Find("Size")->unsigned_value(), 5U);
  EXPECT_TRUE((*made)->IsMentioned(cls.FindProperty("Notes")));
  EXPECT_FALSE((*made)->IsMentioned(cls.FindProperty("ElementName")));
  EXPECT_EQ(CimStatusOf(world_.broker->MakeInstance(testing::kNamespace, "Nonsense", {}).status()),
            CimStatus::kInvalidClass);
  EXPECT_EQ(
      CimStatusOf(
          world_.broker->MakeInstance(testing::kNamespace, "T_Settings", {{"x", cim::Value::String("")}}).status()),
      CimStatus::kNoSuchProperty);
  const auto misfit =
      world_.broker->MakeInstance(testing::kNamespace, "T_Settings", {{"Size", cim::Value::String("many")}});
  EXPECT_EQ(CimStatusOf(misfit.status()), CimStatus::kTypeMismatch);
  EXPECT_THAT(std::string(misfit.status().message()), HasSubstr("T_Settings.Size"));
}

TEST(ProviderRegistryTest, AClassHasOneProvider) {
  ProviderRegistry registry;
  const auto provider = std::make_shared<testing::FakeProvider>();
  EXPECT_TRUE(registry.Add("root/test", "T_Machine", provider).ok());
  EXPECT_EQ(registry.Add("ROOT\\TEST", "t_machine", provider).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(registry.SetEventRenderer("root/test", nullptr).ok());
  EXPECT_EQ(registry.SetEventRenderer("root\\test", nullptr).code(), absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace cimvisor::broker
