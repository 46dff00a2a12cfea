#include "service/cim/class_repository.h"

#include <string>

#include "gtest/gtest.h"
#include "service/cim/errors.h"

namespace cimvisor::cim {
namespace {

Property MakeProperty(const char* name, CimType type, std::vector<Qualifier> qualifiers = {}) {
  Property property;
  property.name = name;
  property.type = type;
  property.qualifiers = std::move(qualifiers);
  return property;
}

Qualifier Flag(const char* name) { return {name, Value::Boolean(true)}; }

ClassDeclaration Declare(const char* name, const char* superclass, std::vector<Property> properties,
                         std::vector<Qualifier> qualifiers = {}) {
  ClassDeclaration declaration;
  declaration.name_space = "Root\\Test";
  declaration.name = name;
  declaration.superclass = superclass;
  declaration.properties = std::move(properties);
  declaration.qualifiers = std::move(qualifiers);
  declaration.file = "test.mof";
  declaration.line = 7;
  return declaration;
}

ClassDeclaration Base() {
  return Declare("Base", "",
                 {MakeProperty("Id", CimType::kString, {Flag("Key")}), MakeProperty("State", CimType::kUint16)},
                 {Flag("Abstract"), {"Version", Value::String("1"), true, false}});
}

void ExpectError(std::vector<ClassDeclaration> declarations, const char* expected) {
  ClassRepository repository;
  absl::Status error = repository.Add(std::move(declarations));
  ASSERT_FALSE(error.ok()) << expected;
  EXPECT_NE(std::string(error.message()).find(expected), std::string::npos) << error;
  EXPECT_NE(std::string(error.message()).find("test.mof:7: class "), std::string::npos) << error;
  EXPECT_TRUE(repository.Namespaces().empty());
}

TEST(ClassRepository, InheritanceKeepsSlots) {
  ClassRepository repository;
  ASSERT_TRUE(repository
                  .Add({Declare("Leaf", "middle", {MakeProperty("STATE", CimType::kUint16, {Flag("Write")})}),
                        Declare("Middle", "BASE", {MakeProperty("Extra", CimType::kBoolean)}), Base()})
                  .ok());
  std::shared_ptr<const Class> leaf = *repository.Find("ROOT/test", "LEAF");
  ASSERT_EQ(leaf->properties().size(), 3u);
  EXPECT_EQ(leaf->properties()[1].name, "State");
  EXPECT_EQ(leaf->properties()[1].origin_class, "Base");
  EXPECT_TRUE(leaf->properties()[1].is_write);
  EXPECT_FALSE((*repository.Find("root/test", "Middle"))->properties()[1].is_write);
  EXPECT_EQ(leaf->FindProperty("extra"), 2);
  EXPECT_EQ(leaf->FindProperty("nothing"), -1);
  EXPECT_EQ(leaf->FindProperty(std::string(5000, 'x')), -1);
  EXPECT_EQ(leaf->key_slots(), std::vector<int>{0});
  EXPECT_TRUE(leaf->IsA("base"));
  EXPECT_FALSE(leaf->IsA("Other"));
  EXPECT_EQ(leaf->Derivation(), (std::vector<std::string>{"Middle", "Base"}));
}

TEST(ClassRepository, QualifiersPropagateByFlavor) {
  ClassRepository repository;
  ClassDeclaration base = Base();
  base.properties[1].qualifiers = {{"Units", Value::String("MB")}, {"Private", Value::Boolean(true), true, false}};
  ASSERT_TRUE(repository.Add({base, Declare("Leaf", "Base", {MakeProperty("State", CimType::kUint16)})}).ok());
  std::shared_ptr<const Class> leaf = *repository.Find("root/test", "Leaf");
  EXPECT_FALSE(leaf->is_abstract());
  EXPECT_EQ(FindQualifier(leaf->qualifiers(), "version"), nullptr);
  EXPECT_EQ(FindQualifier(leaf->properties()[1].qualifiers, "units")->value.string(), "MB");
  EXPECT_EQ(FindQualifier(leaf->properties()[1].qualifiers, "Private"), nullptr);
}

TEST(ClassRepository, FlagsComeFromQualifiers) {
  ClassRepository repository;
  ClassDeclaration base = Base();
  base.properties.push_back(MakeProperty("Load", CimType::kUint16, {Flag("Cimvisor_Volatile")}));
  base.properties.push_back(MakeProperty("Hidden", CimType::kUint16, {{"Read", Value::Boolean(false)}}));
  base.properties.push_back(MakeProperty("Data", CimType::kString, {{"EmbeddedInstance", Value::String("Base")}}));
  Method method;
  method.name = "Start";
  method.qualifiers = {Flag("Static")};
  method.parameters.resize(3);
  method.parameters[0].name = "Default";
  method.parameters[1].name = "Result";
  method.parameters[1].qualifiers = {Flag("Out")};
  method.parameters[2].name = "Both";
  method.parameters[2].qualifiers = {Flag("In"), Flag("Out"), {"EmbeddedInstance", Value::String("Base")}};
  base.methods.push_back(method);
  absl::Status added = repository.Add({base, Declare("Link", "Base", {}, {Flag("Association"), Flag("Indication")})});
  ASSERT_TRUE(added.ok()) << added;
  std::shared_ptr<const Class> cls = *repository.Find("root/test", "Link");
  EXPECT_TRUE(cls->is_association());
  EXPECT_TRUE(cls->is_indication());
  EXPECT_TRUE(cls->properties()[2].is_volatile);
  EXPECT_FALSE(cls->properties()[3].is_read);
  EXPECT_EQ(cls->properties()[4].embedded_class, "Base");
  const Method* start = cls->FindMethod("start");
  ASSERT_NE(start, nullptr);
  EXPECT_TRUE(start->is_static);
  EXPECT_EQ(start->origin_class, "Base");
  EXPECT_TRUE(start->parameters[0].is_in);
  EXPECT_FALSE(start->parameters[0].is_out);
  EXPECT_FALSE(start->parameters[1].is_in);
  EXPECT_TRUE(start->parameters[2].is_in && start->parameters[2].is_out);
  EXPECT_EQ(start->parameters[2].embedded_class, "Base");
  EXPECT_EQ(cls->FindMethod("stop"), nullptr);
}

TEST(ClassRepository, OverriddenMethodKeepsItsPlaceAndOrigin) {
  ClassRepository repository;
  ClassDeclaration base = Base();
  Method start;
  start.name = "Start";
  start.parameters.resize(1);
  start.parameters[0].name = "Mode";
  start.parameters[0].qualifiers = {Flag("In")};
  base.methods.push_back(start);
  ClassDeclaration leaf = Declare("Leaf", "Base", {});
  start.name = "START";
  start.parameters[0].qualifiers.clear();
  start.parameters.push_back(start.parameters[0]);
  start.parameters[1].name = "Job";
  leaf.methods.push_back(start);
  ASSERT_TRUE(repository.Add({leaf, base}).ok());
  std::shared_ptr<const Class> cls = *repository.Find("root/test", "Leaf");
  ASSERT_EQ(cls->methods().size(), 1u);
  EXPECT_EQ(cls->methods()[0].name, "Start");
  EXPECT_EQ(cls->methods()[0].origin_class, "Base");
  EXPECT_EQ(cls->methods()[0].parameters.size(), 2u);
  EXPECT_NE(FindQualifier(cls->methods()[0].parameters[0].qualifiers, "In"), nullptr);
}

TEST(ClassRepository, ErrorsNameFileLineAndClass) {
  ExpectError({Declare("Leaf", "Nowhere", {})}, "its superclass Nowhere is not in root/test");
  ExpectError({Declare("A", "B", {}), Declare("B", "A", {})}, "its own superclass");
  ExpectError({Base(), Declare("Leaf", "Base", {MakeProperty("State", CimType::kUint32)})},
              "property State is uint32 and overrides one of type uint16 of Base");
  ExpectError({Declare("Leaf", "", {MakeProperty("A", CimType::kString)})}, "it has no key");
  ExpectError({Base(), Base()}, "already declared at test.mof:7");
  ExpectError(
      {Declare("Leaf", "", {MakeProperty("A", CimType::kString, {Flag("Key")}), MakeProperty("a", CimType::kString)})},
      "the property a is declared twice");
  Property reference = MakeProperty("End", CimType::kReference, {Flag("Key")});
  reference.reference_class = "Nowhere";
  ExpectError({Declare("Link", "", {reference})}, "property End names the class Nowhere");
  ExpectError(
      {Declare("Leaf", "",
               {MakeProperty("A", CimType::kString, {Flag("Key"), {"EmbeddedInstance", Value::String("Nowhere")}})})},
      "property A names the class Nowhere");
  ClassDeclaration fixed = Base();
  fixed.properties[1].qualifiers = {{"Units", Value::String("MB"), false}};
  ExpectError(
      {fixed, Declare("Leaf", "Base", {MakeProperty("State", CimType::kUint16, {{"Units", Value::String("GB")}})})},
      "the qualifier Units has the flavor DisableOverride");
  ClassDeclaration twice = Base();
  twice.methods.resize(1);
  twice.methods[0].name = "M";
  twice.methods[0].parameters.resize(2);
  twice.methods[0].parameters[0].name = "p";
  twice.methods[0].parameters[1].name = "P";
  ExpectError({twice}, "declares the parameter P twice");
  twice.methods[0].parameters.pop_back();
  ClassDeclaration other = Declare("Leaf", "Base", {});
  other.methods = twice.methods;
  other.methods[0].return_type = CimType::kString;
  ExpectError({twice, other}, "method M returns string");
}

TEST(ClassRepository, ClassesWithoutKeysMustSaySo) {
  ClassRepository repository;
  EXPECT_TRUE(repository
                  .Add({Declare("A", "", {}, {Flag("Abstract")}), Declare("B", "", {}, {Flag("Indication")}),
                        Declare("C", "", {}, {Flag("Cimvisor_NoKeys")}), Declare("__D", "", {})})
                  .ok());
}

TEST(ClassRepository, NothingIsAddedWhenOneFails) {
  ClassRepository repository;
  ASSERT_TRUE(repository.Add({Base()}).ok());
  ASSERT_FALSE(repository.Add({Declare("Good", "Base", {}), Declare("Bad", "Nowhere", {})}).ok());
  EXPECT_FALSE(repository.Find("root/test", "Good").ok());
  EXPECT_FALSE(repository.Add({Base()}).ok());
  ASSERT_TRUE(repository.Add({Declare("Good", "Base", {})}).ok());
}

TEST(ClassRepository, LookupErrors) {
  ClassRepository repository;
  ASSERT_TRUE(repository.Add({Base()}).ok());
  EXPECT_EQ(CimStatusOf(repository.Find("root/other", "Base").status()), CimStatus::kInvalidNamespace);
  EXPECT_EQ(CimStatusOf(repository.Find("root/test", "Other").status()), CimStatus::kInvalidClass);
  EXPECT_TRUE(repository.HasNamespace("\\ROOT\\test\\"));
  EXPECT_FALSE(repository.HasNamespace("root"));
  EXPECT_TRUE(repository.Classes("root/other").empty());
}

TEST(ClassRepository, SuperclassesComeFirst) {
  ClassRepository repository;
  ASSERT_TRUE(repository
                  .Add({Declare("A", "Z", {}), Declare("B", "A", {}), Declare("C", "Base", {}),
                        Declare("Z", "Base", {}), Base()})
                  .ok());
  std::string names;
  for (const auto& cls : repository.Classes("root/test")) names += cls->name() + " ";
  EXPECT_EQ(names, "Base C Z A B ");
  names.clear();
  for (const auto& cls : repository.WithSubclasses(**repository.Find("root/test", "Z"))) names += cls->name() + " ";
  EXPECT_EQ(names, "Z A B ");
}

TEST(NormalizeNamespace, EverySpelling) {
  EXPECT_EQ(NormalizeNamespace("ROOT\\Virtualization\\V2"), "root/virtualization/v2");
  EXPECT_EQ(NormalizeNamespace("//root//cimv2/"), "root/cimv2");
  EXPECT_EQ(NormalizeNamespace(""), "");
}

}  // namespace
}  // namespace cimvisor::cim
