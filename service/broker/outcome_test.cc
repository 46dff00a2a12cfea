#include "service/broker/outcome.h"

#include <string>

#include "gtest/gtest.h"
#include "service/broker/testing/test_world.h"

namespace cimvisor::broker {
namespace {

using cim::CimType;
using cim::Value;

class OutcomeTest : public ::testing::Test {
 protected:
  OutcomeTest() {
    EXPECT_TRUE(testing::AddTestClasses(classes_).ok());
    service_ = classes_.Find(testing::kNamespace, "T_Service").value();
    define_ = service_->FindMethod("Define");
    for (const cim::Parameter& parameter : define_->parameters)
      result_.out_parameters.push_back(Value::Null(parameter.type, parameter.is_array));
  }
  size_t Place(const std::string& name) const {
    size_t at = 0;
    while (define_->parameters[at].name != name) ++at;
    return at;
  }

  cim::ClassRepository classes_;
  std::shared_ptr<const cim::Class> service_;
  const cim::Method* define_ = nullptr;
  MethodResult result_;
};

TEST_F(OutcomeTest, AResultComesBackAsItWas) {
  auto error = std::make_shared<cim::Instance>(classes_.Find(testing::kNamespace, "T_Error").value());
  ASSERT_TRUE(error->Set("Message", Value::String("no")).ok());
  result_.return_value = 32775;
  result_.out_parameters[Place("Result")] = Value::Reference(
      cim::ObjectPath::Parse(R"(root/test:T_Machine.CreationClassName="T_Machine",Name="A\"\\")").value());
  result_.out_parameters[Place("Text")] = Value::String(std::string("t\0x", 3));
  result_.error = error;
  const auto read = DeserializeOutcome(*define_, SerializeOutcome(*define_, result_), classes_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->return_value, 32775U);
  EXPECT_EQ(read->out_parameters, result_.out_parameters);
  ASSERT_NE(read->error, nullptr);
  EXPECT_EQ(*read->error, *error);
  EXPECT_TRUE(read->error->IsMentioned(read->error->cls().FindProperty("Message")));
}

TEST_F(OutcomeTest, EveryTypeOfValue) {
  const auto settings = std::make_shared<cim::Instance>(classes_.Find(testing::kNamespace, "T_Settings").value());
  for (const Value& value :
       {Value::Boolean(true), Value::Unsigned(CimType::kUint64, ~uint64_t{0}), Value::Signed(CimType::kSint8, -1),
        Value::Real(CimType::kReal64, -0.5), Value::String(""), Value::Unsigned(CimType::kChar16, 65),
        Value::Time(cim::DateTime::FromTime(absl::FromUnixSeconds(1700000000), 60)),
        Value::Time(cim::DateTime::FromDuration(absl::Minutes(5))),
        Value::Array(CimType::kUint16, {Value::Unsigned(CimType::kUint16, 1), Value::Null(CimType::kUint16)}),
        Value::Array(CimType::kString, {}), Value::Null(CimType::kUint32, true), Value::Object(settings)}) {
    result_.out_parameters[Place("Text")] = value;
    const auto read = DeserializeOutcome(*define_, SerializeOutcome(*define_, result_), classes_);
    ASSERT_TRUE(read.ok()) << value.ToText() << read.status();
    const Value& back = read->out_parameters[Place("Text")];
    if (value.type() == CimType::kObject) {
      EXPECT_EQ(*back.object(), *value.object());
    } else {
      EXPECT_EQ(back, value) << value.ToText();
    }
  }
}

TEST_F(OutcomeTest, EveryCutAndEveryFlippedByteIsAnErrorOrAResult) {
  result_.out_parameters[Place("Text")] = Value::String("some text");
  result_.error = std::make_shared<cim::Instance>(classes_.Find(testing::kNamespace, "T_Error").value());
  const std::string bytes = SerializeOutcome(*define_, result_);
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(DeserializeOutcome(*define_, bytes.substr(0, length), classes_).ok()) << length;
  EXPECT_FALSE(DeserializeOutcome(*define_, bytes + "x", classes_).ok());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0xFF);
    DeserializeOutcome(*define_, damaged, classes_).IgnoreError();
  }
}

TEST_F(OutcomeTest, KindsAndVersionsAreNotConfused) {
  const std::string method = SerializeOutcome(*define_, result_);
  const std::string path =
      SerializePathOutcome(cim::ObjectPath::Parse(R"(root/test:T_Settings.InstanceID="x")").value());
  EXPECT_EQ(DeserializePathOutcome(path)->RelativeText(), R"(T_Settings.InstanceID="x")");
  EXPECT_FALSE(DeserializePathOutcome(method).ok());
  EXPECT_FALSE(DeserializeOutcome(*define_, path, classes_).ok());
  EXPECT_FALSE(DeserializePathOutcome("").ok());
  std::string newer = method;
  newer[0] = 2;
  const absl::Status status = DeserializeOutcome(*define_, newer, classes_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("version 2"), absl::string_view::npos);
}

}  // namespace
}  // namespace cimvisor::broker
