#include "service/rpc/value_conversion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/broker/testing/test_world.h"
#include "service/cim/datetime.h"

namespace cimvisor::rpc {
namespace {

using broker::testing::TestWorld;
using cim::CimType;
using cim::Value;
using ::testing::HasSubstr;

const std::string& Server() {
  static const std::string& name = *new std::string("HOST1");
  return name;
}

class ValueConversionTest : public ::testing::Test {
 protected:
  absl::StatusOr<Value> Read(const v1::Value& value) {
    return ReadValue(value, [this](absl::string_view name_space, absl::string_view class_name,
                                   const std::vector<broker::NamedValue>& properties) {
      return world_.broker->MakeInstance(name_space.empty() ? "root/test" : name_space, class_name, properties);
    });
  }
  // Written and read again.
  absl::StatusOr<Value> RoundTrip(const Value& value) {
    v1::Value written;
    ProtoWriter(Server()).Write(value, "root/test", written);
    return Read(written);
  }
  TestWorld world_;
};

TEST_F(ValueConversionTest, EveryTypeComesBackAsItWas) {
  std::vector<Value> values = {
      Value::Boolean(true),
      Value::Unsigned(CimType::kUint8, 255),
      Value::Unsigned(CimType::kUint16, 65535),
      Value::Unsigned(CimType::kUint32, 0),
      Value::Unsigned(CimType::kUint64, ~uint64_t{0}),
      Value::Unsigned(CimType::kChar16, 0x263A),
      Value::Signed(CimType::kSint8, -128),
      Value::Signed(CimType::kSint16, -1),
      Value::Signed(CimType::kSint32, 7),
      Value::Signed(CimType::kSint64, INT64_MIN),
      Value::Real(CimType::kReal64, 0.1),
      Value::Real(CimType::kReal32, 0.5),
      Value::String("gr\xC3\xBC\xC3\x9F"),
      Value::Time(cim::DateTime::FromTime(absl::FromUnixMicros(1234567890123456))),
      Value::Time(cim::DateTime::FromDuration(absl::Hours(49))),
      Value::Reference(cim::ObjectPath("root/test", "T_Host", {{"Name", Value::String("a\\\"b")}})),
  };
  for (int type = 0; type <= static_cast<int>(CimType::kObject); ++type) {
    values.push_back(Value::Null(static_cast<CimType>(type)));
  }
  values.push_back(
      Value::Array(CimType::kUint16, {Value::Unsigned(CimType::kUint16, 2), Value::Null(CimType::kUint16)}));
  values.push_back(Value::Array(CimType::kString, {}));
  for (const Value& value : values) {
    const absl::StatusOr<Value> back = RoundTrip(value);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->type(), value.type());
    EXPECT_EQ(*back, value) << value.ToText();
  }
}

TEST_F(ValueConversionTest, ReferencesBearTheHostAndANamespace) {
  v1::Value written;
  const ProtoWriter writer(Server());
  writer.Write(Value::Reference(cim::ObjectPath("", "T_Host", {{"Name", Value::String("h")}})), "root/test", written);
  EXPECT_EQ(written.reference(), R"(\\HOST1\root\test:T_Host.Name="h")");
}

TEST_F(ValueConversionTest, EmbeddedInstancesAreMadeWithTheirClass) {
  v1::Value value;
  value.mutable_object()->set_class_name("t_settings");
  v1::Property& size = *value.mutable_object()->add_properties();
  size.set_name("SIZE");
  size.mutable_value()->set_unsigned_(9);
  const auto read = Read(value);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->object()->cls().name(), "T_Settings");
  EXPECT_EQ(read->object()->Find("Size")->unsigned_value(), 9u);
  size.set_name("Nonsense");
  EXPECT_FALSE(Read(value).ok());
  value.mutable_object()->clear_class_name();
  EXPECT_EQ(Read(value).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ValueConversionTest, ATypeThatDoesNotFitIsAnError) {
  v1::Value value;
  value.set_type(v1::CIM_TYPE_UINT8);
  value.set_unsigned_(256);
  EXPECT_FALSE(Read(value).ok());
  value.set_text("12");
  EXPECT_EQ(Read(value)->unsigned_value(), 12u);
  value.set_type(static_cast<v1::CimType>(99));
  EXPECT_THAT(std::string(Read(value).status().message()), HasSubstr("99"));
  value.set_type(v1::CIM_TYPE_UNSPECIFIED);
  value.set_reference("no path \"");
  EXPECT_FALSE(Read(value).ok());
}

TEST_F(ValueConversionTest, ArraysHaveOneTypeAndOneDimension) {
  v1::Value value;
  value.mutable_array()->add_values()->set_unsigned_(1);
  value.mutable_array()->add_values()->set_text("2");
  const auto coerced = Read(value);
  ASSERT_TRUE(coerced.ok()) << coerced.status();
  EXPECT_EQ(coerced->elements()[1].unsigned_value(), 2u);
  value.mutable_array()->add_values()->set_text("two");
  EXPECT_FALSE(Read(value).ok());
  value.Clear();
  value.mutable_array()->add_values()->mutable_array()->add_values()->set_boolean(true);
  EXPECT_THAT(std::string(Read(value).status().message()), HasSubstr("one dimension"));
  value.Clear();
  value.mutable_array()->add_values()->set_text("instance of T_Settings {};");
  value.mutable_array()->add_values()->mutable_object()->set_class_name("T_Settings");
  EXPECT_FALSE(Read(value).ok()) << "text and instances mixed";
}

TEST_F(ValueConversionTest, NestingIsBounded) {
  v1::Value value;
  v1::Value* inner = &value;
  for (int depth = 0; depth < 40; ++depth) {
    inner->mutable_object()->set_class_name("T_Settings");
    v1::Property& property = *inner->mutable_object()->add_properties();
    property.set_name("Notes");
    inner = property.mutable_value();
  }
  EXPECT_THAT(std::string(Read(value).status().message()), HasSubstr("deeper"));
}

TEST_F(ValueConversionTest, PropertiesHaveNamesAndComeOnce) {
  google::protobuf::RepeatedPtrField<v1::Property> properties;
  const auto read = [&] {
    return ReadProperties(
               properties,
               [](absl::string_view, absl::string_view, const std::vector<broker::NamedValue>&) {
                 return absl::StatusOr<std::shared_ptr<const cim::Instance>>(absl::InternalError("not asked for"));
               })
        .status();
  };
  properties.Add()->set_name("Name");
  EXPECT_TRUE(read().ok());
  properties.Add()->set_name("NAME");
  EXPECT_THAT(std::string(read().message()), HasSubstr("NAME is given twice"));
  properties.RemoveLast();
  properties.Add();
  EXPECT_THAT(std::string(read().message()), HasSubstr("no name"));
}

TEST_F(ValueConversionTest, AnInstanceWithoutKeyValuesHasNoPath) {
  v1::Instance written;
  ProtoWriter(Server()).Write(*world_.Instance("T_Settings", "Notes=n"), written);
  EXPECT_EQ(written.path(), "");
  EXPECT_EQ(written.class_name(), "T_Settings");
  EXPECT_EQ(written.properties_size(), 4);
}

}  // namespace
}  // namespace cimvisor::rpc
