#include "clients/cpp/values.h"

#include <gtest/gtest.h>

namespace cimvisor::client {
namespace {

TEST(ValuesTest, FindsWithoutRegardToCase) {
  Instance instance;
  Set(instance, "ElementName", TextValue("web"));
  ASSERT_NE(Find(instance, "elementname"), nullptr);
  EXPECT_EQ(Text(instance, "ELEMENTNAME"), "web");
  EXPECT_EQ(Find(instance, "Name"), nullptr);
  Set(instance, "ELEMENTNAME", TextValue("db"));
  EXPECT_EQ(instance.properties_size(), 1);
  EXPECT_EQ(Text(instance, "ElementName"), "db");
}

TEST(ValuesTest, IntegersThatDoNotFitAreNothing) {
  Instance instance;
  Set(instance, "Large", UnsignedValue(~uint64_t{0}));
  Set(instance, "Small", UnsignedValue(7));
  Set(instance, "Words", TextValue("7"));
  EXPECT_FALSE(Integer(instance, "Large").has_value());
  EXPECT_EQ(Integer(instance, "Small"), 7);
  EXPECT_FALSE(Integer(instance, "Words").has_value());
}

TEST(ValuesTest, TextOfArraysAndObjects) {
  Value array;
  *array.mutable_array()->add_values() = UnsignedValue(1);
  *array.mutable_array()->add_values() = TextValue("two");
  EXPECT_EQ(ToText(array), "{1, two}");
  Instance error;
  error.set_class_name("Msvm_Error");
  Set(error, "Message", TextValue("no"));
  Set(error, "Probability", Value());
  EXPECT_EQ(ToText(ObjectValue(error)), "Msvm_Error{Message=no}");
  EXPECT_EQ(ToText(Value()), "");
}

TEST(ValuesTest, KeyOfPathUnescapes) {
  const char path[] =
      R"(\\HOST\root\virtualization\v2:Msvm_MemorySettingData.InstanceID="Microsoft:AB\\4764\"x",B="c")";
  EXPECT_EQ(KeyOfPath(path, "instanceid"), "Microsoft:AB\\4764\"x");
  EXPECT_EQ(KeyOfPath(path, "B"), "c");
  EXPECT_EQ(KeyOfPath(path, "C"), "");
}

TEST(ValuesTest, QuoteEscapes) { EXPECT_EQ(Quote(R"(a"b\c'd)"), R"(a\"b\\c\'d)"); }

}  // namespace
}  // namespace cimvisor::client
