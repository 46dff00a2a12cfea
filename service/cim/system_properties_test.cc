#include "service/cim/system_properties.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/cim/class_repository.h"

namespace cimvisor::cim {
namespace {

ClassDeclaration Declare(std::string name, std::string superclass, std::vector<Property> properties) {
  ClassDeclaration declaration;
  declaration.name_space = "root/test";
  declaration.name = std::move(name);
  declaration.superclass = std::move(superclass);
  declaration.properties = std::move(properties);
  return declaration;
}

class SystemPropertiesTest : public ::testing::Test {
 protected:
  SystemPropertiesTest() {
    Property key;
    key.name = "Name";
    key.qualifiers.push_back({"Key", Value::Boolean(true)});
    Property other;
    other.name = "Other";
    ClassDeclaration root = Declare("T_Root", "", {other});
    root.qualifiers.push_back({"Abstract", Value::Boolean(true)});
    ClassDeclaration bare = Declare("T_Bare", "", {other});
    bare.qualifiers.push_back({"Cimvisor_NoKeys", Value::Boolean(true)});
    EXPECT_TRUE(
        classes_.Add({root, Declare("T_Middle", "T_Root", {key}), Declare("T_Leaf", "T_Middle", {}), bare}).ok());
  }
  std::shared_ptr<const Class> Find(const std::string& name) { return *classes_.Find("root/test", name); }
  static std::string Text(const Value& value) { return value.is_null() ? "NULL" : value.ToText(); }

  ClassRepository classes_;
};

TEST_F(SystemPropertiesTest, OfAnInstance) {
  Instance leaf(Find("T_Leaf"));
  ASSERT_TRUE(leaf.Set("Name", Value::String("a")).ok());
  const std::pair<SystemProperty, const char*> kExpected[] = {
      {SystemProperty::kClass, "T_Leaf"},
      {SystemProperty::kDerivation, "{T_Middle, T_Root}"},
      {SystemProperty::kDynasty, "T_Root"},
      {SystemProperty::kGenus, "2"},
      {SystemProperty::kNamespace, R"(root\test)"},
      {SystemProperty::kPath, R"(\\HOST\root\test:T_Leaf.Name="a")"},
      {SystemProperty::kPropertyCount, "2"},
      {SystemProperty::kRelativePath, R"(T_Leaf.Name="a")"},
      {SystemProperty::kServer, "HOST"},
      {SystemProperty::kSuperclass, "T_Middle"}};
  for (const auto& [property, text] : kExpected) {
    const Value value = SystemValue(property, leaf, "HOST");
    EXPECT_EQ(Text(value), text) << RowOf(property).name;
    EXPECT_EQ(value.type(), RowOf(property).type) << RowOf(property).name;
    EXPECT_EQ(value.is_array(), RowOf(property).is_array) << RowOf(property).name;
  }
  EXPECT_EQ(std::size(kExpected), SystemProperties().size());
  const Instance bare(Find("T_Bare"));
  EXPECT_TRUE(SystemValue(SystemProperty::kPath, bare, "HOST").is_null());
  EXPECT_TRUE(SystemValue(SystemProperty::kRelativePath, bare, "HOST").is_null());
  EXPECT_TRUE(SystemValue(SystemProperty::kSuperclass, bare, "HOST").is_null());
  EXPECT_EQ(Text(SystemValue(SystemProperty::kDerivation, bare, "HOST")), "{}");
}

TEST_F(SystemPropertiesTest, OfAClass) {
  const auto middle = Find("T_Middle");
  EXPECT_EQ(Text(SystemValue(SystemProperty::kGenus, *middle, "HOST")), "1");
  EXPECT_EQ(Text(SystemValue(SystemProperty::kPath, *middle, "HOST")), R"(\\HOST\root\test:T_Middle)");
  EXPECT_EQ(Text(SystemValue(SystemProperty::kRelativePath, *middle, "HOST")), "T_Middle");
  EXPECT_EQ(Text(SystemValue(SystemProperty::kClass, *middle, "HOST")), "T_Middle");
  EXPECT_EQ(Text(SystemValue(SystemProperty::kDerivation, *middle, "HOST")), "{T_Root}");
}

TEST_F(SystemPropertiesTest, ByNameInAnyCase) {
  ASSERT_NE(FindSystemProperty("__relpath"), nullptr);
  EXPECT_EQ(FindSystemProperty("__relpath")->property, SystemProperty::kRelativePath);
  EXPECT_EQ(FindSystemProperty("__NOTHING"), nullptr);
  EXPECT_EQ(FindSystemProperty("CLASS"), nullptr);
  for (const SystemPropertyRow& row : SystemProperties()) {
    EXPECT_EQ(&RowOf(row.property), &row);
    EXPECT_TRUE(IsSystemColumn(SystemColumn(row.property)));
    EXPECT_EQ(SystemPropertyOf(SystemColumn(row.property)), row.property);
  }
}

}  // namespace
}  // namespace cimvisor::cim
