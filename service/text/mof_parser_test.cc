#include "service/text/mof_parser.h"

#include <map>
#include <string>

#include "gtest/gtest.h"
#include "service/cim/errors.h"

namespace cimvisor::text {
namespace {

class FakeFiles : public IncludeResolver {
 public:
  std::map<std::string, std::string> files;

  absl::StatusOr<MofSource> Resolve(absl::string_view, absl::string_view path) override {
    auto found = files.find(std::string(path));
    if (found == files.end()) return absl::NotFoundError("no such file");
    return MofSource{found->first, found->second};
  }
};

absl::StatusOr<MofDocument> Parse(const std::string& text, IncludeResolver* resolver = nullptr,
                                  const MofLimits& limits = MofLimits()) {
  return ParseMof({"a.mof", text}, "Root\\Test", resolver, limits);
}

MofDocument Parsed(const std::string& text) {
  absl::StatusOr<MofDocument> document = Parse(text);
  EXPECT_TRUE(document.ok()) << document.status();
  return document.ok() ? *std::move(document) : MofDocument();
}

TEST(MofParser, ClassWithEverything) {
  MofDocument document = Parsed(R"mof(
// a comment
[Version("2.0"), Association]
class Msvm_A as $A : CIM_B /* another
comment */
{
  [Key, Read : DisableOverride Restricted, Values {"a", "b"}]
  uint16 State[] = {1, 0x10};
  CIM_C ref End;
  string Name[4];
  Part Piece;
  object Any;
  [Static, ValueMap{"0","1"}] uint32 Start([In] uint16 Mode, [In(false), Out] CIM_C ref Job, string Names[]);
  uint32 Stop();
};)mof");
  ASSERT_EQ(document.classes.size(), 1u);
  const cim::ClassDeclaration& cls = document.classes[0];
  EXPECT_EQ(cls.name, "Msvm_A");
  EXPECT_EQ(cls.superclass, "CIM_B");
  EXPECT_EQ(cls.name_space, "root/test");
  EXPECT_EQ(cls.line, 4);
  EXPECT_EQ(cls.qualifiers[0].value.string(), "2.0");
  EXPECT_TRUE(cls.qualifiers[1].value.boolean());
  ASSERT_EQ(cls.properties.size(), 5u);
  EXPECT_TRUE(cls.properties[0].is_array);
  EXPECT_EQ(cls.properties[0].default_value.ToText(), "{1, 16}");
  EXPECT_EQ(cls.properties[0].default_value.type(), cim::CimType::kUint16);
  EXPECT_FALSE(cls.properties[0].qualifiers[1].overridable);
  EXPECT_FALSE(cls.properties[0].qualifiers[1].to_subclass);
  EXPECT_EQ(cls.properties[0].qualifiers[2].value.elements().size(), 2u);
  EXPECT_EQ(cls.properties[1].type, cim::CimType::kReference);
  EXPECT_EQ(cls.properties[1].reference_class, "CIM_C");
  EXPECT_EQ(cls.properties[2].fixed_array_size, 4u);
  EXPECT_EQ(cls.properties[3].type, cim::CimType::kObject);
  EXPECT_EQ(cls.properties[3].embedded_class, "Part");
  EXPECT_EQ(cls.properties[4].embedded_class, "");
  ASSERT_EQ(cls.methods.size(), 2u);
  EXPECT_EQ(cls.methods[0].parameters.size(), 3u);
  EXPECT_EQ(cls.methods[0].parameters[1].reference_class, "CIM_C");
  EXPECT_TRUE(cls.methods[0].parameters[2].is_array);
  EXPECT_TRUE(cls.methods[1].parameters.empty());
}

TEST(MofParser, Literals) {
  MofDocument document = Parsed(R"mof(instance of A {
    Decimal = 42; Negative = -42; Hex = 0xFf; Octal = 017; Binary = 101b; Zero = 0; Real = -1.5e3; Point = .5;
    Text = "a\t\"b\"\\" " and" /* joined */ "\n\x41\x00e9";
    Letter = 'x'; Escaped = '\x263A'; Yes = TRUE; No = false; Nothing = null; Empty = {}; List = {1, -2, NULL};
  };)mof");
  ASSERT_EQ(document.instances.size(), 1u);
  std::map<std::string, cim::Value> values;
  for (const MofPropertyValue& property : document.instances[0].properties) {
    values[property.name] = property.initializer.value;
  }
  EXPECT_EQ(values["Decimal"].unsigned_value(), 42u);
  EXPECT_EQ(values["Negative"].signed_value(), -42);
  EXPECT_EQ(values["Hex"].unsigned_value(), 255u);
  EXPECT_EQ(values["Octal"].unsigned_value(), 15u);
  EXPECT_EQ(values["Binary"].unsigned_value(), 5u);
  EXPECT_EQ(values["Zero"].unsigned_value(), 0u);
  EXPECT_EQ(values["Real"].real(), -1500);
  EXPECT_EQ(values["Point"].real(), 0.5);
  EXPECT_EQ(values["Text"].string(), "a\t\"b\"\\ and\nA\xC3\xA9");
  EXPECT_EQ(values["Letter"].unsigned_value(), 'x');
  EXPECT_EQ(values["Escaped"].unsigned_value(), 0x263Au);
  EXPECT_TRUE(values["Yes"].boolean());
  EXPECT_FALSE(values["No"].boolean());
  EXPECT_TRUE(values["Nothing"].is_null());
  EXPECT_TRUE(values["Empty"].elements().empty());
  EXPECT_EQ(values["List"].ToText(), "{1, -2, NULL}");
}

TEST(MofParser, QualifierDeclarationsGiveTypesAndFlavors) {
  MofDocument document = Parsed(R"mof(
    Qualifier MaxLen : uint32 = null, Scope(property, method), Flavor(DisableOverride, Restricted, Translatable);
    Qualifier Values : string[], Scope(any);
    class A { [maxlen(5), VALUES {"x"}] string Name; };)mof");
  ASSERT_EQ(document.qualifiers.size(), 2u);
  EXPECT_EQ(document.qualifiers[0].scopes, (std::vector<std::string>{"property", "method"}));
  const std::vector<cim::Qualifier>& used = document.classes[0].properties[0].qualifiers;
  EXPECT_EQ(used[0].name, "MaxLen");
  EXPECT_EQ(used[0].value, cim::Value::Unsigned(cim::CimType::kUint32, 5));
  EXPECT_FALSE(used[0].overridable);
  EXPECT_FALSE(used[0].to_subclass);
  EXPECT_TRUE(used[0].translatable);
  EXPECT_EQ(used[1].name, "Values");
}

TEST(MofParser, IncludesAndNamespaces) {
  FakeFiles files;
  files.files["b.mof"] = "class InB {}; #pragma namespace (\"root/other\") class AlsoInB {};";
  absl::StatusOr<MofDocument> document = Parse(
      "#pragma locale (\"en_US\")\n#pragma include (\"b.mof\")\nclass InA {};\n#PRAGMA Namespace (\"ROOT\\\\X\")\n"
      "class InX {}; instance of Y {};",
      &files);
  ASSERT_TRUE(document.ok()) << document.status();
  ASSERT_EQ(document->classes.size(), 4u);
  EXPECT_EQ(document->classes[0].name_space, "root/test");
  EXPECT_EQ(document->classes[0].file, "b.mof");
  EXPECT_EQ(document->classes[1].name_space, "root/other");
  EXPECT_EQ(document->classes[2].name_space, "root/test");
  EXPECT_EQ(document->classes[3].name_space, "root/x");
  EXPECT_EQ(document->instances[0].name_space, "root/x");
  EXPECT_EQ(document->namespaces, (std::vector<std::string>{"root/test", "root/other", "root/x"}));
}

TEST(MofParser, ErrorsSayWhereAndWhatWasExpected) {
  struct {
    std::string text;
    const char* expected;
  } const cases[] = {
      {"clas A {};", "a.mof:1:1: expected 'class', 'instance', 'qualifier' or '#pragma', found 'clas'"},
      {"class A {}", "a.mof:1:11: expected ';', found the end"},
      {"class A\n{\n  uint16;\n};", "a.mof:3:9: expected a name after the type, found ';'"},
      {"class A { uint16 B };", "a.mof:1:20: expected ';', found '}'"},
      {"class A { uint16 B[0]; };", "expected ']' or a number of elements"},
      {"class A { uint16 B = 70000; };", "a.mof:1:22: the default of property B: 70000 does not fit uint16"},
      {"class A { uint16 B = \"x\"; };", "the string 'x' is no uint16"},
      {"class A { uint16 B = {1}; };", "an array of 1"},
      {"class A { B ref C(); };", "expected an intrinsic type"},
      {"class A { uint32 M(string); };", "expected a name after the type"},
      {"class A { uint32 M(string s string t); };", "expected ',', found 'string'"},
      {"[Key, Key] class A {};", "a.mof:1:7: the qualifier Key is given twice"},
      {"[Key : Sweet] class A {};", "expected a flavor"},
      {"[Values {{\"a\"}}] class A {};", "an array has no arrays"},
      {"class A { string B = \"abc", "the string has no end"},
      {"class A { string B = \"a\nb\"; };", "a.mof:1:22: the string has no end on its line"},
      {"class A { string B = \"\\q\"; };", "after '\\'"},
      {"/* never ends", "a.mof:1:1: the comment has no end"},
      {"class A { char16 B = 'ab'; };", "after one character"},
      {"class A { uint64 B = 18446744073709551616; };", "is no integer of at most 64 bits"},
      {"class A { sint64 B = -9223372036854775809; };", "does not fit 64 bits"},
      {"class A { uint64 B = 09; };", "octal 0…"},
      {"class A { real64 B = 1.2.3; };", "is no real number"},
      {"class A { real64 B = 1.0e999; };", "is no real number"},
      {"class @ {};", "the character '@' has no meaning here"},
      {"class \xC3\xA9 {};", "the character '\xC3\xA9' has no meaning here"},
      {"#pragma include (\"x.mof\")", "a.mof:1:9: this text may not include others"},
      {"#pragma frobnicate (\"x\")", "expected the compiler directive include, namespace"},
      {"#define X", "expected '#pragma', found '#define'"},
      {"#pragma namespace (\"\\\\\")", "expected the name of a namespace"},
      {"instance A {};", "expected 'of' after 'instance'"},
      {"instance of A { B = ; };", "expected a value"},
      {"instance of A { B = 1 };", "expected ';', found '}'"},
      {"instance of A as B {};", "expected an alias ($name) after 'as'"},
      {"Qualifier A : text;", "'text' is not a CIM type"},
      {"Qualifier A : string, Colour(red);", "expected 'Scope' or 'Flavor'"},
  };
  for (const auto& row : cases) {
    absl::StatusOr<MofDocument> document = Parse(row.text);
    ASSERT_FALSE(document.ok()) << row.text;
    EXPECT_NE(std::string(document.status().message()).find(row.expected), std::string::npos) << document.status();
    EXPECT_EQ(cim::CimStatusOf(document.status()), cim::CimStatus::kInvalidParameter);
  }
}

TEST(MofParser, ErrorsOfIncludes) {
  FakeFiles files;
  files.files["self.mof"] = "#pragma include (\"self.mof\")";
  files.files["bad.mof"] = "\n\nclass {};";
  absl::Status missing = Parse("#pragma include (\"gone.mof\")", &files).status();
  EXPECT_NE(std::string(missing.message()).find("cannot include 'gone.mof': no such file"), std::string::npos)
      << missing;
  absl::Status bad = Parse("#pragma include (\"bad.mof\")", &files).status();
  EXPECT_NE(std::string(bad.message()).find("bad.mof:3:7: expected the name of a class"), std::string::npos) << bad;
  absl::Status circle = Parse("#pragma include (\"self.mof\")", &files).status();
  EXPECT_NE(std::string(circle.message()).find("include one another more than 16 deep"), std::string::npos) << circle;
}

TEST(MofParser, Limits) {
  MofLimits limits;
  limits.bytes = 100;
  EXPECT_FALSE(Parse(std::string(101, ' '), nullptr, limits).ok());
  EXPECT_TRUE(Parse(std::string(100, ' '), nullptr, limits).ok());
  limits = MofLimits();
  limits.array_elements = 3;
  EXPECT_TRUE(Parse("instance of A { B = {1, 2, 3}; };", nullptr, limits).ok());
  EXPECT_FALSE(Parse("instance of A { B = {1, 2, 3, 4}; };", nullptr, limits).ok());
  std::string nested;
  for (int i = 0; i < 100000; ++i) nested += "instance of A { B = ";
  absl::Status deep = Parse(nested).status();
  EXPECT_NE(std::string(deep.message()).find("nested at most 16 deep"), std::string::npos) << deep;
}

}  // namespace
}  // namespace cimvisor::text
