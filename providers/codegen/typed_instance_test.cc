#include "providers/codegen/typed_instance.h"

#include <string>

#include "gtest/gtest.h"
#include "providers/codegen/schema.h"
#include "providers/schema/msvm_v2.h"

namespace cimvisor::msvm {
namespace {

class TypedInstanceTest : public testing::Test {
 protected:
  void SetUp() override {
    absl::Status loaded = schema::LoadSchema(&classes_);
    ASSERT_TRUE(loaded.ok()) << loaded;
  }

  template <typename Typed>
  Typed Make() {
    return Typed(*FindClass<Typed>(classes_));
  }

  cim::ClassRepository classes_;
};

TEST_F(TypedInstanceTest, AccessorsReachTheNamedProperties) {
  auto system = Make<v2::ComputerSystem>();
  EXPECT_FALSE(system.enabled_state().has_value());
  system.set_name("AB");
  system.set_enabled_state(v2::ComputerSystem::EnabledStateValue::kQuiesce);
  system.set_process_id(7);
  system.set_operational_status(
      std::vector<v2::ComputerSystem::OperationalStatusValue>{v2::ComputerSystem::OperationalStatusValue::kOK});
  system.set_status_descriptions(std::vector<std::string>{"Operating normally"});
  system.set_install_date(cim::DateTime::FromTime(absl::UnixEpoch()));
  const cim::Instance& instance = system.instance();
  EXPECT_EQ(instance.Find("Name")->string(), "AB");
  EXPECT_EQ(*instance.Find("EnabledState"), cim::Value::Unsigned(cim::CimType::kUint16, 9));
  EXPECT_EQ(*instance.Find("ProcessID"), cim::Value::Unsigned(cim::CimType::kUint32, 7));
  EXPECT_EQ(instance.Find("OperationalStatus")->ToText(), "{2}");
  EXPECT_EQ(system.name(), "AB");
  EXPECT_EQ(system.operational_status()->size(), 1u);
  EXPECT_EQ(system.status_descriptions()->front(), "Operating normally");
  EXPECT_EQ(system.install_date()->microseconds(), 0);
  system.set_name(std::nullopt);
  EXPECT_TRUE(system.IsNull(v2::ComputerSystem::kNameSlot));
  EXPECT_EQ(instance.Find("Name")->type(), cim::CimType::kString);
}

TEST_F(TypedInstanceTest, EverySlotIsThatOfTheClassAndOfItsSuperclasses) {
  auto cls = *FindClass<v2::ComputerSystem>(classes_);
  EXPECT_EQ(cls->FindProperty("OnTimeInMilliseconds"), v2::ComputerSystem::kOnTimeInMillisecondsSlot);
  EXPECT_EQ(cls->FindProperty("ElementName"), v2::ComputerSystem::kElementNameSlot);
  EXPECT_EQ((*FindClass<v2::ConcreteJob>(classes_))->FindProperty("ElementName"), v2::ComputerSystem::kElementNameSlot);
}

TEST_F(TypedInstanceTest, ReferencesAndEmbeddedInstances) {
  auto association = Make<v2::SettingsDefineState>();
  EXPECT_EQ(association.managed_element(), nullptr);
  cim::ObjectPath path(v2::ComputerSystem::kNamespace, v2::ComputerSystem::kClassName);
  association.set_managed_element(path);
  EXPECT_EQ(*association.managed_element(), path);
  association.set_managed_element(std::nullopt);
  EXPECT_EQ(association.managed_element(), nullptr);
  auto summary = Make<v2::SummaryInformation>();
  summary.set_snapshots(std::vector<InstancePointer>{Make<v2::VirtualSystemSettingData>().Take()});
  ASSERT_TRUE(summary.snapshots().has_value());
  EXPECT_EQ(summary.snapshots()->front()->cls().name(), "Msvm_VirtualSystemSettingData");
}

TEST_F(TypedInstanceTest, AViewChangesOnlyItsOwnCopy) {
  auto original = Make<v2::ComputerSystem>();
  original.set_name("A");
  const InstancePointer instance = std::move(original).Take();
  auto view = v2::ComputerSystem::View(*instance);
  EXPECT_EQ(&view.instance(), instance.get());
  view.set_name("B");
  EXPECT_EQ(view.name(), "B");
  EXPECT_EQ(instance->Find("Name")->string(), "A");
  const InstancePointer copy = v2::ComputerSystem::View(*instance).Take();
  EXPECT_NE(copy, instance);
  EXPECT_TRUE(*copy == *instance);
  v2::ComputerSystem shared(instance);
  EXPECT_EQ(std::move(shared).Take(), instance);
}

TEST_F(TypedInstanceTest, ParametersByPlace) {
  using Define = v2::VirtualSystemManagementService::DefineSystem;
  const cim::Method* method = (*FindClass<v2::VirtualSystemManagementService>(classes_))->FindMethod(Define::kName);
  ASSERT_NE(method, nullptr);
  InstancePointer settings = Make<v2::VirtualSystemSettingData>().Take();
  std::vector<cim::Value> parameters(method->parameters.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (method->parameters[i].name == "SystemSettings") parameters[i] = cim::Value::Object(settings);
  }
  const Define::In in(parameters);
  EXPECT_EQ(in.system_settings(), settings);
  EXPECT_EQ(in.reference_configuration(), nullptr);
  EXPECT_FALSE(in.resource_settings().has_value());
  const std::vector<cim::Value> none;
  EXPECT_EQ(Define::In(none).system_settings(), nullptr);
  Define::Out out;
  cim::ObjectPath path(v2::ComputerSystem::kNamespace, v2::ComputerSystem::kClassName);
  out.set_resulting_system(path);
  std::vector<cim::Value> values = std::move(out).Take();
  ASSERT_EQ(values.size(), method->parameters.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i].is_null(), method->parameters[i].name != "ResultingSystem");
  }
  EXPECT_EQ(static_cast<uint32_t>(Define::ReturnCode::kMethodParametersCheckedJobStarted), 4096u);
}

}  // namespace
}  // namespace cimvisor::msvm
