#include "service/cim/object_path.h"

#include <string>

#include "absl/hash/hash.h"
#include "gtest/gtest.h"

namespace cimvisor::cim {
namespace {

ObjectPath Parsed(const std::string& text) {
  absl::StatusOr<ObjectPath> path = ObjectPath::Parse(text);
  EXPECT_TRUE(path.ok()) << path.status();
  return path.ok() ? *path : ObjectPath();
}

TEST(ObjectPath, EverySpellingIsTheSamePath) {
  ObjectPath expected("root/virtualization/v2", "Msvm_ComputerSystem",
                      {{"CreationClassName", Value::String("Msvm_ComputerSystem")}, {"Name", Value::String("AB-12")}});
  for (
      const char* text : {
          R"(\\HOST\root\virtualization\v2:Msvm_ComputerSystem.CreationClassName="Msvm_ComputerSystem",Name="AB-12")",
          R"(\\host.example.org\Root\Virtualization\V2:Msvm_ComputerSystem.CreationClassName="Msvm_ComputerSystem",Name="AB-12")",
          R"(//other/root/virtualization/v2:msvm_computersystem.name="ab-12",CREATIONCLASSNAME="msvm_computersystem")",
          R"(root\virtualization\v2:Msvm_ComputerSystem.CreationClassName='Msvm_ComputerSystem',Name='AB-12')",
          R"(\\.\root/virtualization\v2:Msvm_ComputerSystem.CreationClassName = "Msvm_ComputerSystem" , Name="AB-12" )",
      }) {
    EXPECT_EQ(Parsed(text), expected) << text;
    EXPECT_EQ(absl::HashOf(Parsed(text)), absl::HashOf(expected)) << text;
  }
}

TEST(ObjectPath, DifferentPathsDiffer) {
  ObjectPath path = Parsed("root/a:B.K=\"v\",L=1");
  for (const char* text : {"root/b:B.K=\"v\",L=1", "root/a:C.K=\"v\",L=1", "root/a:B.K=\"w\",L=1", "root/a:B.K=\"v\"",
                           "root/a:B.M=\"v\",L=1", "root/a:B", "root/a:B=@", "B.K=\"v\",L=1", "root/a:B.K=\"v\",L=2"}) {
    EXPECT_NE(Parsed(text), path) << text;
  }
}

TEST(ObjectPath, BackslashesRawOrEscaped) {
  std::string device = R"(Microsoft:AB\0\1)";
  EXPECT_EQ(Parsed(R"(C.InstanceID="Microsoft:AB\0\1")").FindKey("instanceid")->string(), device);
  EXPECT_EQ(Parsed(R"(C.InstanceID="Microsoft:AB\\0\\1")").FindKey("InstanceID")->string(), device);
  EXPECT_EQ(Parsed(R"(C.K="a\"b\'c")").FindKey("K")->string(), "a\"b'c");
  EXPECT_EQ(Parsed(R"(C.K='say "x"')").FindKey("K")->string(), "say \"x\"");
}

TEST(ObjectPath, QuoteStyleOfNumbersAndBooleansDoesNotMatter) {
  EXPECT_EQ(Parsed("C.A=1,B=TRUE"), Parsed("C.A=\"1\",B='true'"));
  EXPECT_EQ(Parsed("C.A=0x10"), Parsed("C.A=16"));
  EXPECT_EQ(Parsed("C.A=-1").FindKey("A")->signed_value(), -1);
}

TEST(ObjectPath, ReferencesAsKeysCompareAsPaths) {
  ObjectPath machine("root/virtualization/v2", "Msvm_ComputerSystem", {{"Name", Value::String("AB")}});
  ObjectPath association("root/virtualization/v2", "Msvm_SettingsDefineState",
                         {{"ManagedElement", Value::Reference(machine)}});
  std::string text = association.FullText("HOST");
  EXPECT_EQ(
      text,
      R"(\\HOST\root\virtualization\v2:Msvm_SettingsDefineState.ManagedElement="\\\\HOST\\root\\virtualization\\v2:)"
      R"(Msvm_ComputerSystem.Name=\"AB\"")");
  EXPECT_EQ(Parsed(text), association);
  EXPECT_EQ(absl::HashOf(Parsed(text)), absl::HashOf(association));
  EXPECT_EQ(Parsed(association.FullText("OTHER")), Parsed(text));
}

TEST(ObjectPath, DeeplyNestedPathsEnd) {
  ObjectPath path("root", "A", {{"K", Value::String("v")}});
  for (int i = 0; i < 8; ++i) path = ObjectPath("root", "A", {{"K", Value::Reference(path)}});
  EXPECT_EQ(path, Parsed(path.FullText("")));
}

TEST(ObjectPath, NamespacesAreNormalised) {
  for (const char* name_space : {"root/a", "ROOT/a", "root\\a", "/root/a", "root/a/", "root//a"}) {
    EXPECT_EQ(ObjectPath(name_space, "B").name_space(), "root/a") << name_space;
    EXPECT_EQ(ObjectPath("", "B").WithNamespace(name_space).name_space(), "root/a") << name_space;
  }
}

TEST(ObjectPath, TextsReadBack) {
  ObjectPath path("ROOT\\a\\", "B", {{"K", Value::String("q\" b\\ é")}, {"N", Value::Unsigned(CimType::kUint32, 7)}});
  EXPECT_EQ(path.name_space(), "root/a");
  EXPECT_EQ(path.RelativeText(), "B.K=\"q\\\" b\\\\ é\",N=7");
  EXPECT_EQ(path.FullText(""), "root\\a:B.K=\"q\\\" b\\\\ é\",N=7");
  EXPECT_EQ(Parsed(path.FullText("H")), path);
  EXPECT_EQ(Parsed(path.RelativeText()).WithNamespace("Root/A"), path);
}

TEST(ObjectPath, ClassesSingletonsAndUnnamedKeys) {
  EXPECT_TRUE(Parsed("root/a:B").is_class());
  EXPECT_TRUE(Parsed("B=@").is_singleton());
  EXPECT_FALSE(Parsed("B=@").is_class());
  EXPECT_EQ(Parsed("root\\a:B=@"), ObjectPath::Singleton("root/a", "b"));
  EXPECT_EQ(Parsed("B=@").RelativeText(), "B=@");
  ObjectPath unnamed = Parsed("B=\"v\"");
  ASSERT_EQ(unnamed.keys().size(), 1u);
  EXPECT_EQ(unnamed.keys()[0].first, "");
  EXPECT_EQ(unnamed.RelativeText(), "B=\"v\"");
}

TEST(ObjectPath, ErrorsGiveTheColumnAndWhatWasExpected) {
  struct {
    std::string text;
    const char* expected;
  } const cases[] = {
      {"", "column 1: expected a class name"},
      {"\\\\", "expected"},
      {"\\\\HOST", "expected a host name"},
      {"\\\\HOST\\root", "column 8: expected a namespace and ':'"},
      {"root//a:B", "is no namespace"},
      {":B", "is no namespace"},
      {"root:1B", "expected a class name"},
      {"B.", "column 3: expected a key name"},
      {"B.K", "expected '='"},
      {"B.K=", "expected a key value"},
      {"B.K=v", "column 5: expected a quoted string"},
      {"B.K=\"v", "column 5: the quoted value has no end"},
      {"B.K=\"v\\\"", "has no end"},
      {"B.K=\"v\"x", "column 8: expected ','"},
      {"B.K=1,k=2", "the key k is given twice"},
      {"B=@x", "after '=@'"},
      {"B?", "expected '.', '='"},
      {std::string(70000, 'x'), "longer than 65536"},
  };
  for (const auto& row : cases) {
    absl::StatusOr<ObjectPath> path = ObjectPath::Parse(row.text);
    ASSERT_FALSE(path.ok()) << row.text;
    EXPECT_NE(std::string(path.status().message()).find(row.expected), std::string::npos) << path.status();
    EXPECT_LT(path.status().message().size(), 400u);
  }
  std::string many = "B.";
  for (int i = 0; i < 70; ++i) many += (i > 0 ? ",K" : "K") + std::to_string(i) + "=1";
  EXPECT_FALSE(ObjectPath::Parse(many).ok());
}

}  // namespace
}  // namespace cimvisor::cim
