#include "providers/codegen/generator/generate.h"

#include <map>
#include <string>

#include "gtest/gtest.h"

namespace cimvisor::codegen {
namespace {

constexpr char kPermissions[] =
    "Base: a.read read\nLeaf: a.read read\nLeaf.Start: a.start administer\nOther: a.read read\n";

absl::StatusOr<OutputFiles> GenerateFrom(const std::string& mof, const std::string& permissions = kPermissions) {
  return Generate({{"index.mof", "#pragma include (\"ns/one/Base.mof\")\n#pragma include (\"ns/two.mof\")"},
                   {"ns/one/Base.mof", "[Abstract] class Base { [Key] string Name; };"},
                   {"ns/two.mof", mof},
                   {"volatile.txt", ""},
                   {"permissions.txt", permissions}},
                  {{"root", "test_v1"}});
}

constexpr char kLeaf[] = R"mof(
class Leaf : Base {
  [ValueMap {"0", "2", "..", "5..7", "70000", "9"}, Values {"Off", "On", "Reserved", "More", "Too large", "On"}]
  uint16 State;
  [Values {"Zero", "One"}] uint8 Counted[];
  string Default;
  [ValueMap {"0", "4096"}, Values {"Done", "Job Started"}]
  uint32 Start([In, ValueMap {"1"}, Values {"Fast"}] uint16 Mode, [Out] Leaf ref Job);
};
class Other : Base { };
)mof";

void ExpectContains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << "\nis not in\n" << text;
}

TEST(Generate, WrappersByArea) {
  absl::StatusOr<OutputFiles> files = GenerateFrom(kLeaf);
  ASSERT_TRUE(files.ok()) << files.status();
  const std::string& umbrella = (*files)["providers/schema/test_v1.h"];
  ExpectContains(umbrella, "#include \"providers/schema/test_v1/one.h\"");
  ExpectContains(umbrella, "#include \"providers/schema/test_v1/two.h\"");
  ExpectContains((*files)["providers/schema/test_v1/one.h"], "class Base : public TypedInstance {");
  const std::string& two = (*files)["providers/schema/test_v1/two.h"];
  ExpectContains(two, "#include \"providers/schema/test_v1/one.h\"");
  ExpectContains(two, "namespace cimvisor::test::v1 {");
  ExpectContains(two, "class Leaf : public Base {");
  ExpectContains(two, "static constexpr int kStateSlot = 1;");
  ExpectContains(two, "enum class StateValue : uint16_t {\n    kOff = 0,\n    kOn = 2,\n    kOn9 = 9,\n  };");
  ExpectContains(two, "enum class CountedValue : uint8_t {\n    kZero = 0,\n    kOne = 1,\n  };");
  ExpectContains(two, "std::optional<std::vector<CountedValue>> counted() const");
  ExpectContains(two, "default_() const");
  ExpectContains(two, "void set_default(std::optional<absl::string_view> item)");
  ExpectContains(two, "struct Start {");
  ExpectContains(two, "enum class ReturnCode : uint32_t {\n      kDone = 0,\n      kJobStarted = 4096,\n    };");
  ExpectContains(two, "std::optional<ModeValue> mode() const { return ScalarFrom<ModeValue>(ValueAt(0)); }");
  ExpectContains(two, "Out() : OutParameters(2) {}");
  ExpectContains(two, "void set_job(std::optional<cim::ObjectPath> item) { Set(1, ");
}

TEST(Generate, SchemaTextAndAccessTable) {
  absl::StatusOr<OutputFiles> files = GenerateFrom(kLeaf);
  ASSERT_TRUE(files.ok()) << files.status();
  ExpectContains((*files)["schema_text.cc"], "{\"ns/one/Base.mof\",");
  EXPECT_EQ((*files)["access_table.txt"],
            "root\tBase\t-\tinstance\ta.read\tread\nroot\tLeaf\t-\tinstance\ta.read\tread\n"
            "root\tLeaf\tStart\tinstance\ta.start\tadminister\nroot\tOther\t-\tinstance\ta.read\tread\n");
}

TEST(Generate, Refusals) {
  struct {
    std::string mof;
    std::string permissions;
    const char* expected;
  } const cases[] = {
      {"class Leaf : Base { broken };", kPermissions, "ns/two.mof:1:"},
      {kLeaf, "Base: a.read read\n", "no row for Leaf"},
      {"class Leaf : Base { uint16 A_B; uint16 AB; }; class Other : Base { };",
       "Base: a.read read\nLeaf: a.read read\nOther: a.read read\n", "two members would be called kABSlot"},
      {"class Leaf : Base { string A = \")schema_file\\\"\"; /* )schema_file\" */ }; class Other : Base { };",
       "Base: a.read read\nLeaf: a.read read\nOther: a.read read\n", "contains the delimiter"},
  };
  for (const auto& row : cases) {
    absl::StatusOr<OutputFiles> files = GenerateFrom(row.mof, row.permissions);
    ASSERT_FALSE(files.ok()) << row.mof;
    ExpectContains(std::string(files.status().message()), row.expected);
  }
  absl::Status circle = Generate({{"index.mof", "#pragma include (\"ns/a/A.mof\")\n#pragma include (\"ns/b/B.mof\")"},
                                  {"ns/a/A.mof", "[Abstract] class A { }; [Abstract] class C : B { };"},
                                  {"ns/b/B.mof", "[Abstract] class B : A { };"},
                                  {"volatile.txt", ""},
                                  {"permissions.txt", "A: a.read read\nB: a.read read\nC: a.read read\n"}},
                                 {{"root", "test_v1"}})
                            .status();
  ExpectContains(std::string(circle.message()), "needs itself");
  EXPECT_FALSE(Generate({}, {}).ok());
}

}  // namespace
}  // namespace cimvisor::codegen
