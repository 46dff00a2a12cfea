#include "service/text/mof_writer.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "service/cim/object_path.h"
#include "service/cim/system_properties.h"
#include "service/text/mof_instance.h"
#include "service/text/mof_test_util.h"

namespace cimvisor::text {
namespace {

void ExpectSameQualifiers(const std::vector<cim::Qualifier>& a, const std::vector<cim::Qualifier>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    EXPECT_EQ(a[i].value.ToText(), b[i].value.ToText()) << a[i].name;
    EXPECT_EQ(a[i].overridable, b[i].overridable);
    EXPECT_EQ(a[i].to_subclass, b[i].to_subclass);
    EXPECT_EQ(a[i].translatable, b[i].translatable);
  }
}

TEST(MofWriter, SystemColumnsAreNoProperties) {
  cim::ClassRepository repository;
  FillRepository(kTestSchema, &repository);
  cim::Instance part(*repository.Find("root/test", "Part"));
  ASSERT_TRUE(part.Set("Size", cim::Value::Unsigned(cim::CimType::kUint32, 7)).ok());
  const std::vector<int> slots = {cim::SystemColumn(cim::SystemProperty::kPath), part.cls().FindProperty("Size")};
  EXPECT_EQ(WriteInstanceMof(part, "", &slots), "instance of Part\n{\n  Size = 7;\n};\n");
}

TEST(MofWriter, ClassesReadBack) {
  constexpr char kText[] = R"mof([Version("2\n\"x\""), Abstract : Restricted]
class A : B
{
  [Key : DisableOverride, Values {"a", "b"} : Translatable, MaxLen(5), Read(FALSE)]
  string Name = "x";
  uint16 State[4] = {1, 2};
  real64 Ratio = 2.0;
  A ref Friend;
  Part Piece;
  [Static]
  uint32 Start(
    [In, ValueMap {"0"}] uint16 Mode,
    [Out] A ref Job,
    string Names[]);
  uint32 Stop();
};
)mof";
  absl::StatusOr<MofDocument> first = ParseMof({"a.mof", kText}, "root", nullptr);
  ASSERT_TRUE(first.ok()) << first.status();
  std::string written = WriteClassMof(first->classes[0]);
  EXPECT_EQ(written, kText);
  absl::StatusOr<MofDocument> second = ParseMof({"b.mof", written}, "root", nullptr);
  ASSERT_TRUE(second.ok()) << second.status() << written;
  ExpectSameQualifiers(first->classes[0].qualifiers, second->classes[0].qualifiers);
  ExpectSameQualifiers(first->classes[0].properties[0].qualifiers, second->classes[0].properties[0].qualifiers);
  EXPECT_EQ(second->classes[0].properties[1].fixed_array_size, 4u);
  EXPECT_EQ(second->classes[0].properties[2].default_value, first->classes[0].properties[2].default_value);
}

TEST(MofWriter, InstancesReadBack) {
  cim::ClassRepository repository;
  FillRepository(kTestSchema, &repository);
  auto thing = *repository.Find("root/test", "Thing");
  auto part = std::make_shared<cim::Instance>(*repository.Find("root/test", "Part"));
  ASSERT_TRUE(part->Set("Name", cim::Value::String("p")).ok());
  cim::Instance instance(thing);
  using cim::CimType;
  using cim::Value;
  auto set = [&instance](const char* name, const Value& value) {
    absl::Status status = instance.Set(name, value);
    ASSERT_TRUE(status.ok()) << status;
  };
  set("Name", Value::String("quote \" backslash \\ tab \t newline \n bell \x07 1 \xC3\xA9"));
  set("Flag", Value::Boolean(false));
  set("Tiny", Value::Unsigned(CimType::kUint8, 255));
  set("Large", Value::Unsigned(CimType::kUint64, std::numeric_limits<uint64_t>::max()));
  set("LargeSigned", Value::Signed(CimType::kSint64, std::numeric_limits<int64_t>::min()));
  set("Ratio", Value::Real(CimType::kReal32, 0.1F));
  set("Precise", Value::Real(CimType::kReal64, 1e-300));
  set("Letter", Value::Unsigned(CimType::kChar16, 0x263A));
  set("Born", Value::Time(cim::DateTime::FromTime(absl::UnixEpoch())));
  set("Texts", Value::Array(CimType::kString, {Value::String("a"), Value::Null(CimType::kString), Value::String("")}));
  set("Numbers", Value::Array(CimType::kUint16, {}));
  set("Friend", Value::Reference(cim::ObjectPath("root/test", "Thing", {{"Name", Value::String("b\\\"")}})));
  set("Piece", Value::Object(part));
  set("Pieces", Value::Array(CimType::kObject, {Value::Null(CimType::kObject), Value::Object(part)}));
  set("Anything", Value::Object(part));
  for (const char* host : {"", "HOST"}) {
    std::string text = WriteInstanceMof(instance, host);
    auto again = ParseInstanceMof(text, repository, "root/test");
    ASSERT_TRUE(again.ok()) << again.status() << text;
    for (size_t i = 0; i < thing->properties().size(); ++i) {
      EXPECT_EQ((*again)->value(static_cast<int>(i)), instance.value(static_cast<int>(i)))
          << thing->properties()[i].name << "\n"
          << text;
    }
  }
  EXPECT_NE(WriteInstanceMof(instance, "HOST").find("\\\\\\\\HOST\\\\root"), std::string::npos);
}

TEST(MofWriter, Values) {
  EXPECT_EQ(WriteMofValue(cim::Value()), "NULL");
  EXPECT_EQ(WriteMofValue(cim::Value::Real(cim::CimType::kReal64, 3)), "3.0");
  EXPECT_EQ(WriteMofValue(cim::Value::Real(cim::CimType::kReal64, 1e300)), "1.0e+300");
  EXPECT_EQ(WriteMofValue(cim::Value::String(std::string("a\0b", 3))), "\"ab\"");
}

}  // namespace
}  // namespace cimvisor::text
