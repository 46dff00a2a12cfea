#include "service/cim/instance.h"

#include <string>

#include "gtest/gtest.h"
#include "service/cim/class_repository.h"
#include "service/cim/errors.h"

namespace cimvisor::cim {
namespace {

Property MakeProperty(const char* name, CimType type, bool is_key = false) {
  Property property;
  property.name = name;
  property.type = type;
  if (is_key) property.qualifiers.push_back({"Key", Value::Boolean(true)});
  return property;
}

class InstanceTest : public testing::Test {
 protected:
  void SetUp() override {
    ClassDeclaration machine;
    machine.name_space = "root/test";
    machine.name = "Machine";
    machine.properties = {MakeProperty("Name", CimType::kString, true), MakeProperty("Memory", CimType::kUint64),
                          MakeProperty("CreationClassName", CimType::kString, true),
                          MakeProperty("Settings", CimType::kString)};
    machine.properties[1].default_value = Value::Unsigned(CimType::kUint64, 512);
    machine.properties[3].qualifiers.push_back({"EmbeddedInstance", Value::String("Machine")});
    ClassDeclaration keyless;
    keyless.name_space = "root/test";
    keyless.name = "Keyless";
    keyless.qualifiers = {{"Abstract", Value::Boolean(true)}};
    absl::Status added = repository_.Add({machine, keyless});
    ASSERT_TRUE(added.ok()) << added;
    machine_ = *repository_.Find("root/test", "Machine");
  }

  ClassRepository repository_;
  std::shared_ptr<const Class> machine_;
};

TEST_F(InstanceTest, DefaultsOnlyWhereAskedFor) {
  EXPECT_TRUE(Instance(machine_).value(1).is_null());
  EXPECT_EQ(Instance(machine_).value(1).type(), CimType::kUint64);
  EXPECT_EQ(Instance(machine_, true).value(1).unsigned_value(), 512u);
}

TEST_F(InstanceTest, SetCoercesAndMarks) {
  Instance instance(machine_);
  EXPECT_FALSE(instance.IsMentioned(1));
  ASSERT_TRUE(instance.Set("MEMORY", Value::String("1024")).ok());
  EXPECT_EQ(instance.Find("memory")->unsigned_value(), 1024u);
  EXPECT_TRUE(instance.IsMentioned(1));
  EXPECT_FALSE(instance.IsMentioned(0));
  ASSERT_TRUE(instance.Set("Memory", Value()).ok());
  EXPECT_TRUE(instance.Find("Memory")->is_null());
  EXPECT_TRUE(instance.IsMentioned(1));
}

TEST_F(InstanceTest, SetErrors) {
  Instance instance(machine_);
  absl::Status unknown = instance.Set("Colour", Value::String("red"));
  EXPECT_EQ(CimStatusOf(unknown), CimStatus::kNoSuchProperty);
  absl::Status mismatch = instance.Set("Memory", Value::String("much"));
  EXPECT_EQ(CimStatusOf(mismatch), CimStatus::kTypeMismatch);
  EXPECT_EQ(mismatch.message(), "Machine.Memory: the string 'much' is no uint64");
  EXPECT_FALSE(instance.IsMentioned(1));
  EXPECT_EQ(instance.Find("Colour"), nullptr);
}

TEST_F(InstanceTest, EmbeddedInstancesAreKept) {
  auto inner = std::make_shared<Instance>(machine_);
  Instance outer(machine_);
  ASSERT_TRUE(outer.Set("Settings", Value::Object(inner)).ok());
  EXPECT_EQ(outer.Find("Settings")->object(), inner);
  EXPECT_EQ(CimStatusOf(outer.Set("Name", Value::Object(inner))), CimStatus::kTypeMismatch);
}

// A provider that reads an embedded instance gets one of the class that the property names, or none.
TEST_F(InstanceTest, NothingElseStandsForAnEmbeddedInstance) {
  Instance outer(machine_);
  EXPECT_EQ(CimStatusOf(outer.Set("Settings", Value::String("instance of Machine {};"))), CimStatus::kTypeMismatch);
  const auto other = std::make_shared<Instance>(*repository_.Find("root/test", "Keyless"));
  const absl::Status wrong = outer.Set("Settings", Value::Object(other));
  EXPECT_EQ(CimStatusOf(wrong), CimStatus::kTypeMismatch);
  EXPECT_EQ(wrong.message(), "Machine.Settings: an instance of Keyless is no Machine");
  ASSERT_TRUE(outer.Set("Settings", Value()).ok());
  EXPECT_EQ(*outer.Find("Settings"), Instance(machine_).value(outer.cls().FindProperty("Settings")));
}

TEST_F(InstanceTest, PathHasTheKeysInAlphabeticalOrder) {
  Instance instance(machine_);
  instance.set_value(0, Value::String("A"));
  instance.set_value(2, Value::String("Machine"));
  EXPECT_EQ(instance.Path().FullText(""), "root\\test:Machine.CreationClassName=\"Machine\",Name=\"A\"");
  EXPECT_TRUE(Instance(*repository_.Find("root/test", "Keyless")).Path().class_name().empty());
  EXPECT_EQ(Instance(*repository_.Find("root/test", "Keyless")).PathText("HOST"), "");
  for (const char* name : {"A", "", "a \"quoted\" \\ name\\", "ünï"}) {
    ASSERT_TRUE(instance.Set("Name", Value::String(name)).ok());
    EXPECT_EQ(instance.PathText("HOST"), instance.Path().FullText("HOST"));
    EXPECT_EQ(instance.PathText(""), instance.Path().FullText(""));
  }
  ASSERT_TRUE(instance.Set("Name", Value()).ok());
  EXPECT_EQ(instance.PathText("HOST"), instance.Path().FullText("HOST"));
}

TEST_F(InstanceTest, EqualityIgnoresWhatWasMentioned) {
  Instance a(machine_);
  Instance b(machine_);
  ASSERT_TRUE(a.Set("Name", Value::String("x")).ok());
  EXPECT_FALSE(a == b);
  b.set_value(0, Value::String("x"));
  EXPECT_TRUE(a == b);
}

TEST(PropertySet, AllOrSome) {
  EXPECT_TRUE(PropertySet::All().Contains(99));
  PropertySet some = PropertySet::Of({1, 3, -1});
  EXPECT_FALSE(some.is_all());
  EXPECT_TRUE(some.Contains(1));
  EXPECT_FALSE(some.Contains(2));
  EXPECT_FALSE(some.Contains(400));
  some.Add(400);
  EXPECT_TRUE(some.Contains(400));
  EXPECT_FALSE(PropertySet::Of({}).Contains(0));
}

}  // namespace
}  // namespace cimvisor::cim
