#include "service/cim/value.h"

#include <string>

#include "gtest/gtest.h"
#include "service/cim/object_path.h"

namespace cimvisor::cim {
namespace {

TEST(CimType, NamesReadBack) {
  for (int i = 0; i <= static_cast<int>(CimType::kObject); ++i) {
    CimType type = static_cast<CimType>(i);
    EXPECT_EQ(*CimTypeFromName(CimTypeName(type)), type);
    int kinds = IsUnsigned(type) + IsSigned(type) + IsReal(type);
    EXPECT_LE(kinds, 1);
  }
  EXPECT_EQ(*CimTypeFromName("UINT16"), CimType::kUint16);
  EXPECT_FALSE(CimTypeFromName("int").ok());
  EXPECT_TRUE(IsUnsigned(CimType::kChar16));
  EXPECT_FALSE(IsInteger(CimType::kBoolean));
}

TEST(Value, TextThatAPersonSees) {
  EXPECT_EQ(Value().ToText(), "");
  EXPECT_EQ(Value::Boolean(false).ToText(), "FALSE");
  EXPECT_EQ(Value::Signed(CimType::kSint64, -3).ToText(), "-3");
  EXPECT_EQ(Value::Real(CimType::kReal64, 0.1).ToText(), "0.1");
  EXPECT_EQ(Value::Real(CimType::kReal32, 0.1F).ToText(), "0.1");
  EXPECT_EQ(Value::Time(DateTime()).ToText(), "00000000000000.000000:000");
  EXPECT_EQ(Value::Reference(ObjectPath("root/a", "B", {{"K", Value::String("v")}})).ToText(), "root\\a:B.K=\"v\"");
  EXPECT_EQ(Value::Array(CimType::kUint8, {Value::Unsigned(CimType::kUint8, 1), Value::Null(CimType::kUint8)}).ToText(),
            "{1, NULL}");
  EXPECT_EQ(Value::Array(CimType::kUint8, {}).ToText(), "{}");
}

TEST(Value, EqualityIsByTypeNullnessAndContent) {
  EXPECT_EQ(Value::Unsigned(CimType::kUint8, 1), Value::Unsigned(CimType::kUint8, 1));
  EXPECT_NE(Value::Unsigned(CimType::kUint8, 1), Value::Unsigned(CimType::kUint16, 1));
  EXPECT_NE(Value::String(""), Value());
  EXPECT_NE(Value::String("a"), Value::String("A"));
  EXPECT_NE(Value::Null(CimType::kString, true), Value());
  EXPECT_NE(Value::Array(CimType::kString, {}), Value::Null(CimType::kString, true));
  EXPECT_EQ(Value::Reference(ObjectPath("root/a", "b")), Value::Reference(ObjectPath("ROOT\\A", "B")));
  EXPECT_EQ(Value::Array(CimType::kString, {Value::String("a")}), Value::Array(CimType::kString, {Value::String("a")}));
}

TEST(Value, NullPointersAreNullValues) {
  EXPECT_TRUE(Value::Reference(std::shared_ptr<const ObjectPath>()).is_null());
  EXPECT_TRUE(Value::Object(nullptr).is_null());
}

TEST(Value, HeapBytesCountWhatIsHeld) {
  EXPECT_EQ(Value::Unsigned(CimType::kUint64, 1).HeapBytes(), 0u);
  EXPECT_EQ(Value::String("short").HeapBytes(), 0u);
  EXPECT_GE(Value::String(std::string(1000, 'x')).HeapBytes(), 1000u);
  EXPECT_GE(Value::Array(CimType::kString, {Value::String(std::string(1000, 'x'))}).HeapBytes(), 1000u);
  EXPECT_GE(Value::Reference(ObjectPath("root", "A", {{"K", Value::String(std::string(1000, 'x'))}})).HeapBytes(),
            1000u);
}

}  // namespace
}  // namespace cimvisor::cim
