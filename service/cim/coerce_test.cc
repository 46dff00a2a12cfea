#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "service/cim/object_path.h"
#include "service/cim/value.h"

namespace cimvisor::cim {
namespace {

Value Text(const char* text) { return Value::String(text); }

TEST(Coerce, QuotedLiteralsOfClients) {
  EXPECT_EQ(*Text("True").Coerce(CimType::kBoolean, false), Value::Boolean(true));
  EXPECT_EQ(*Text("FALSE").Coerce(CimType::kBoolean, false), Value::Boolean(false));
  EXPECT_EQ(*Text("1").Coerce(CimType::kBoolean, false), Value::Boolean(true));
  EXPECT_EQ(*Text("32770").Coerce(CimType::kUint16, false), Value::Unsigned(CimType::kUint16, 32770));
  EXPECT_EQ(*Text(" 31 ").Coerce(CimType::kUint16, false), Value::Unsigned(CimType::kUint16, 31));
  EXPECT_EQ(*Text("0x1F").Coerce(CimType::kUint8, false), Value::Unsigned(CimType::kUint8, 31));
  EXPECT_EQ(*Text("-5").Coerce(CimType::kSint8, false), Value::Signed(CimType::kSint8, -5));
  EXPECT_EQ(*Text("2.5").Coerce(CimType::kReal64, false), Value::Real(CimType::kReal64, 2.5));
  EXPECT_EQ(Text("20210730025715.006743-000").Coerce(CimType::kDateTime, false)->datetime().microseconds(),
            1627613835006743);
  EXPECT_EQ(Text("A.K=\"v\"").Coerce(CimType::kReference, false)->reference().class_name(), "A");
}

TEST(Coerce, VariantBooleanOfMinusOneIsTrue) {
  EXPECT_EQ(*Value::Signed(CimType::kSint16, -1).Coerce(CimType::kBoolean, false), Value::Boolean(true));
  EXPECT_FALSE(Value::Signed(CimType::kSint16, 2).Coerce(CimType::kBoolean, false).ok());
}

TEST(Coerce, IntegersAreCheckedAgainstTheWidth) {
  EXPECT_FALSE(Value::Unsigned(CimType::kUint64, 65536).Coerce(CimType::kUint16, false).ok());
  EXPECT_FALSE(Value::Signed(CimType::kSint32, -1).Coerce(CimType::kUint64, false).ok());
  EXPECT_FALSE(Text("256").Coerce(CimType::kUint8, false).ok());
  EXPECT_FALSE(Text("128").Coerce(CimType::kSint8, false).ok());
  EXPECT_EQ(*Text("-128").Coerce(CimType::kSint8, false), Value::Signed(CimType::kSint8, -128));
  EXPECT_FALSE(Text("-129").Coerce(CimType::kSint8, false).ok());
  EXPECT_EQ(*Text("18446744073709551615").Coerce(CimType::kUint64, false),
            Value::Unsigned(CimType::kUint64, std::numeric_limits<uint64_t>::max()));
  EXPECT_FALSE(Text("18446744073709551616").Coerce(CimType::kUint64, false).ok());
  EXPECT_EQ(*Text("-9223372036854775808").Coerce(CimType::kSint64, false),
            Value::Signed(CimType::kSint64, std::numeric_limits<int64_t>::min()));
  EXPECT_FALSE(Text("-9223372036854775809").Coerce(CimType::kSint64, false).ok());
  EXPECT_EQ(*Text("-0").Coerce(CimType::kUint8, false), Value::Unsigned(CimType::kUint8, 0));
}

TEST(Coerce, RealsThatAreIntegersFit) {
  EXPECT_EQ(*Value::Real(CimType::kReal64, 7).Coerce(CimType::kUint16, false), Value::Unsigned(CimType::kUint16, 7));
  EXPECT_FALSE(Value::Real(CimType::kReal64, 7.5).Coerce(CimType::kUint16, false).ok());
  EXPECT_FALSE(Value::Real(CimType::kReal64, 1e300).Coerce(CimType::kUint64, false).ok());
  double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(Value::Real(CimType::kReal64, nan).Coerce(CimType::kUint64, false).ok());
  EXPECT_FALSE(Text("1e300").Coerce(CimType::kReal32, false).ok());
  EXPECT_FALSE(Text("inf").Coerce(CimType::kReal64, false).ok());
}

TEST(Coerce, ScalarsBecomeText) {
  EXPECT_EQ(*Value::Boolean(true).Coerce(CimType::kString, false), Text("TRUE"));
  EXPECT_EQ(*Value::Unsigned(CimType::kUint8, 5).Coerce(CimType::kString, false), Text("5"));
}

TEST(Coerce, NullTakesTheNewType) {
  Value null = *Value().Coerce(CimType::kUint16, true);
  EXPECT_TRUE(null.is_null());
  EXPECT_TRUE(null.is_array());
  EXPECT_EQ(null.type(), CimType::kUint16);
}

TEST(Coerce, Arrays) {
  Value texts = Value::Array(CimType::kString, {Text("1"), Text("2")});
  Value numbers =
      Value::Array(CimType::kUint16, {Value::Unsigned(CimType::kUint16, 1), Value::Unsigned(CimType::kUint16, 2)});
  EXPECT_EQ(*texts.Coerce(CimType::kUint16, true), numbers);
  EXPECT_EQ(*Text("1").Coerce(CimType::kUint16, true),
            Value::Array(CimType::kUint16, {Value::Unsigned(CimType::kUint16, 1)}));
  EXPECT_FALSE(numbers.Coerce(CimType::kUint16, false).ok());
  absl::StatusOr<Value> bad = Value::Array(CimType::kString, {Text("1"), Text("x")}).Coerce(CimType::kUint16, true);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.status().message(), "element 1: the string 'x' is no uint16");
  EXPECT_FALSE(Value::Array(CimType::kString, {texts}).Coerce(CimType::kString, true).ok());
}

TEST(Coerce, WhatDoesNotFitIsAnError) {
  for (const char* text : {"", "x", "1x", "0x", "--1", "1 2", "TRUE"}) {
    EXPECT_FALSE(Text(text).Coerce(CimType::kUint16, false).ok()) << text;
  }
  EXPECT_FALSE(Text("yes").Coerce(CimType::kBoolean, false).ok());
  EXPECT_FALSE(Text("today").Coerce(CimType::kDateTime, false).ok());
  EXPECT_FALSE(Text("a b").Coerce(CimType::kReference, false).ok());
  EXPECT_FALSE(Text("a").Coerce(CimType::kObject, false).ok());
  EXPECT_FALSE(Value::Boolean(true).Coerce(CimType::kDateTime, false).ok());
  absl::Status error = Text(std::string(1000, 'x').c_str()).Coerce(CimType::kUint8, false).status();
  EXPECT_LT(error.message().size(), 200u);
}

}  // namespace
}  // namespace cimvisor::cim
