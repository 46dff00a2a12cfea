// Every type of value, out in each text form and back in.
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "service/cim/object_path.h"
#include "service/text/cim_xml_reader.h"
#include "service/text/cim_xml_writer.h"
#include "service/text/mof_test_util.h"
#include "service/text/mof_writer.h"
#include "service/text/utf8.h"
#include "service/text/xml_document.h"

namespace cimvisor::text {
namespace {

using cim::CimType;
using cim::Value;
using InstancePointer = std::shared_ptr<const cim::Instance>;

class RoundTripTest : public testing::Test {
 protected:
  void SetUp() override { FillRepository(kTestSchema, &repository_); }

  std::shared_ptr<const cim::Class> Class(const char* name) const { return *repository_.Find("root/test", name); }

  // The three forms, with a host and without.
  static std::vector<std::string> Texts(const cim::Instance& instance) {
    std::vector<std::string> texts;
    for (const char* host : {"", "HOST"}) {
      texts.push_back(WriteInstanceMof(instance, host));
      texts.push_back(WriteInstanceXml(instance, host, XmlForm::kCim));
      texts.push_back(WriteInstanceXml(instance, host, XmlForm::kWmi));
    }
    return texts;
  }

  void ExpectRoundTrip(const char* property, const Value& value) {
    cim::Instance instance(Class("Thing"));
    const absl::Status set = instance.Set(property, value);
    ASSERT_TRUE(set.ok()) << set;
    for (const std::string& text : Texts(instance)) {
      const auto again = ParseEmbeddedInstance(text, repository_, "root/test");
      ASSERT_TRUE(again.ok()) << again.status() << "\n" << text;
      EXPECT_TRUE(**again == instance) << text;
      EXPECT_EQ(*(*again)->Find(property), *instance.Find(property)) << text;
    }
  }

  cim::ClassRepository repository_;
};

TEST_F(RoundTripTest, IntegersToTheirEnds) {
  for (const auto& [name, type, least, most] :
       {std::tuple("TinySigned", CimType::kSint8, int64_t{-128}, int64_t{127}),
        std::tuple("SmallSigned", CimType::kSint16, int64_t{-32768}, int64_t{32767}),
        std::tuple("MiddleSigned", CimType::kSint32, int64_t{-2147483647} - 1, int64_t{2147483647}),
        std::tuple("LargeSigned", CimType::kSint64, std::numeric_limits<int64_t>::min(),
                   std::numeric_limits<int64_t>::max())}) {
    ExpectRoundTrip(name, Value::Signed(type, least));
    ExpectRoundTrip(name, Value::Signed(type, most));
    ExpectRoundTrip(name, Value::Signed(type, 0));
  }
  for (const auto& [name, type, most] :
       {std::tuple("Tiny", CimType::kUint8, uint64_t{255}), std::tuple("Small", CimType::kUint16, uint64_t{65535}),
        std::tuple("Middle", CimType::kUint32, uint64_t{4294967295}),
        std::tuple("Large", CimType::kUint64, std::numeric_limits<uint64_t>::max())}) {
    ExpectRoundTrip(name, Value::Unsigned(type, 0));
    ExpectRoundTrip(name, Value::Unsigned(type, most));
  }
}

TEST_F(RoundTripTest, Reals) {
  for (const double number : {0.0, -0.0, 0.1, -1e300, 1e22, 5e-324, 1.7976931348623157e308, 3.0}) {
    ExpectRoundTrip("Precise", Value::Real(CimType::kReal64, number));
  }
  for (const float number : {0.1F, -3.4028235e38F, 1e-45F}) {
    ExpectRoundTrip("Ratio", Value::Real(CimType::kReal32, static_cast<double>(number)));
  }
}

TEST_F(RoundTripTest, EveryCodeUnitOfChar16) {
  for (uint32_t code = 0; code <= 0xFFFF; code += code < 0x180 ? 1 : 251) {
    ExpectRoundTrip("Letter", Value::Unsigned(CimType::kChar16, code));
  }
  for (const uint32_t code : {0xD7FFU, 0xD800U, 0xDFFFU, 0xE000U, 0xFFFEU, 0xFFFFU}) {
    ExpectRoundTrip("Letter", Value::Unsigned(CimType::kChar16, code));
  }
}

TEST_F(RoundTripTest, PointsInTimeAndIntervals) {
  for (const char* text : {"20210730025715.006743-000", "16010101000000.000000-000", "99991231235959.999999+720",
                           "00000000000000.000000:000", "99999999235959.999999:000", "00000300000000.000000:000"}) {
    const auto time = cim::DateTime::Parse(text);
    ASSERT_TRUE(time.ok()) << time.status();
    ExpectRoundTrip("Born", Value::Time(*time));
  }
}

TEST_F(RoundTripTest, BooleansAndEmptyTexts) {
  ExpectRoundTrip("Flag", Value::Boolean(true));
  ExpectRoundTrip("Flag", Value::Boolean(false));
  ExpectRoundTrip("Name", Value::String(""));
  ExpectRoundTrip("Name", Value::String(" \t\r\n \r "));
}

// All of Unicode but U+0000, which none of the forms can hold: in pieces, and control characters one by one.
TEST_F(RoundTripTest, AllOfUnicode) {
  for (uint32_t code = 1; code < 0x100; ++code) {
    std::string text = "a";
    AppendUtf8(code, &text);
    ExpectRoundTrip("Name", Value::String(text + "b"));
    ExpectRoundTrip("Name", Value::String(text.substr(1)));
  }
  for (uint32_t start = 0x100; start <= 0x10FFFF; start += 0x4000) {
    std::string text;
    for (uint32_t code = start; code < start + 0x4000 && code <= 0x10FFFF; ++code) {
      if (code < 0xD800 || code > 0xDFFF) AppendUtf8(code, &text);
    }
    ExpectRoundTrip("Name", Value::String(text));
  }
}

TEST_F(RoundTripTest, WhatLooksLikeMarkup) {
  for (const char* text : {"<a>&amp;</a>", "]]>", "<![CDATA[x]]>", "&#65;&lt;", "\"'\\", "C:\\new\\x41.vhdx",
                           "instance of Part { };", "/* c */ // d", "%&;", "{1, 2}"}) {
    ExpectRoundTrip("Name", Value::String(text));
    ExpectRoundTrip("Texts", Value::Array(CimType::kString, {Value::String(text), Value::Null(CimType::kString)}));
  }
}

TEST_F(RoundTripTest, References) {
  const cim::ObjectPath disk("root/test", "Thing",
                             {{"Name", Value::String("Microsoft:G\\83F8638B\\0\\0\\D \"q\" <&> '")}});
  ExpectRoundTrip("Friend", Value::Reference(disk));
  ExpectRoundTrip("Friend", Value::Reference(cim::ObjectPath("root/test", "Link", {{"End", Value::Reference(disk)}})));
  ExpectRoundTrip("Friend", Value::Reference(cim::ObjectPath("root/test", "Thing",
                                                             {{"A", Value::Unsigned(CimType::kUint64, ~uint64_t{0})},
                                                              {"B", Value::Boolean(true)},
                                                              {"C", Value::Signed(CimType::kSint64, -5)}})));
  ExpectRoundTrip("Friend", Value::Reference(cim::ObjectPath::Singleton("root/test", "Thing")));
}

TEST_F(RoundTripTest, ArraysAndNulls) {
  ExpectRoundTrip("Numbers", Value::Array(CimType::kUint16, {}));
  ExpectRoundTrip("Numbers",
                  Value::Array(CimType::kUint16, {Value::Unsigned(CimType::kUint16, 0), Value::Null(CimType::kUint16),
                                                  Value::Unsigned(CimType::kUint16, 65535)}));
  ExpectRoundTrip("Numbers", Value::Null(CimType::kUint16, true));
  ExpectRoundTrip("Large", Value::Null(CimType::kUint64));
  ExpectRoundTrip("Piece", Value());
}

TEST_F(RoundTripTest, EmbeddedInstancesInOneAnother) {
  auto part = std::make_shared<cim::Instance>(Class("Part"));
  ASSERT_TRUE(part->Set("Name", Value::String("<p> & \"q\" \\ \r\n]]>")).ok());
  auto thing = std::make_shared<cim::Instance>(Class("Thing"));
  ASSERT_TRUE(thing->Set("Name", Value::String("inner")).ok());
  ASSERT_TRUE(thing->Set("Piece", Value::Object(part)).ok());
  ASSERT_TRUE(thing->Set("Pieces", Value::Array(CimType::kObject, {Value::Object(part), Value::Object(part)})).ok());
  ExpectRoundTrip("Piece", Value::Object(part));
  ExpectRoundTrip("Pieces", Value::Array(CimType::kObject, {}));
  ExpectRoundTrip("Anything", Value::Object(thing));
  InstancePointer nested = thing;
  for (int depth = 1; depth < 6; ++depth) {
    auto outer = std::make_shared<cim::Instance>(Class("Thing"));
    ASSERT_TRUE(outer->Set("Anything", Value::Object(nested)).ok());
    nested = outer;
  }
  ExpectRoundTrip("Anything", Value::Object(nested));
}

// WMI's own MOF has embedded instances as strings that hold their text.
TEST_F(RoundTripTest, EmbeddedTextInMof) {
  for (const char* text :
       {"instance of Thing { Piece = \"instance of Part { Size = 7; };\"; };",
        "instance of Thing { Piece = \"<INSTANCE CLASSNAME=\\\"Part\\\"><PROPERTY NAME=\\\"Size\\\"><VALUE>7</VALUE>"
        "</PROPERTY></INSTANCE>\"; Pieces = {\"instance of Part {};\", \"\"}; };"}) {
    const auto instance = ParseEmbeddedInstance(text, repository_, "root/test");
    ASSERT_TRUE(instance.ok()) << instance.status();
    EXPECT_EQ((*instance)->Find("Piece")->object()->Find("Size")->unsigned_value(), 7U);
  }
  for (const char* text : {"instance of Thing { Piece = \"nonsense\"; };", "instance of Thing { Piece = 5; };",
                           "instance of Thing { Piece = \"instance of Thing {};\"; };",
                           "instance of Thing { Piece = instance of Thing {}; };"}) {
    EXPECT_FALSE(ParseEmbeddedInstance(text, repository_, "root/test").ok()) << text;
  }
}

// Text within text within text: the depth counts across the forms.
TEST_F(RoundTripTest, DepthIsLimitedAcrossForms) {
  std::string text = "instance of Part {};";
  for (int depth = 0; depth < 12; ++depth) {
    text = depth % 2 == 0 ? "instance of Thing { Anything = " + WriteMofValue(Value::String(text)) + "; };"
                          : "<INSTANCE CLASSNAME=\"Thing\"><PROPERTY NAME=\"Anything\"><VALUE>" + EscapeXml(text) +
                                "</VALUE></PROPERTY></INSTANCE>";
    const auto read = ParseEmbeddedInstance(text, repository_, "root/test");
    EXPECT_EQ(read.ok(), depth < 8) << depth << read.status();
  }
}

TEST_F(RoundTripTest, PastTheBasicPlaneInTwoEscapes) {
  const auto instance = ParseEmbeddedInstance("instance of Thing { Name = \"\\xD83D\\xDE00 \\xD83D\\x0041\"; };",
                                              repository_, "root/test");
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ((*instance)->Find("Name")->string(),
            "\xF0\x9F\x98\x80 \xEF\xBF\xBD"
            "A");
}

TEST_F(RoundTripTest, OnlyThePropertiesThatWereAskedFor) {
  cim::Instance part(Class("Part"));
  ASSERT_TRUE(part.Set("Name", Value::String("n")).ok());
  ASSERT_TRUE(part.Set("Size", Value::Unsigned(CimType::kUint32, 7)).ok());
  const std::vector<int> slots = {part.cls().FindProperty("Size")};
  EXPECT_EQ(WriteInstanceMof(part, "", &slots), "instance of Part\n{\n  Size = 7;\n};\n");
  for (const XmlForm form : {XmlForm::kCim, XmlForm::kWmi}) {
    const std::string text = WriteInstanceXml(part, "", form, &slots);
    EXPECT_FALSE(absl::StrContains(text, "NAME=\"Name\"")) << text;
    EXPECT_TRUE(absl::StrContains(text, "<VALUE>7</VALUE>")) << text;
  }
}

TEST_F(RoundTripTest, WmiFormHasSystemPropertiesAndQualifiers) {
  cim::Instance thing(Class("Thing"));
  ASSERT_TRUE(thing.Set("Name", Value::String("a")).ok());
  ASSERT_TRUE(thing.Set("Anything", Value::Object(std::make_shared<cim::Instance>(Class("Part")))).ok());
  const std::string text = WriteInstanceXml(thing, "HOST", XmlForm::kWmi);
  for (const char* piece :
       {"<INSTANCE CLASSNAME=\"Thing\"><PROPERTY NAME=\"__PATH\" CLASSORIGIN=\"___SYSTEM\" TYPE=\"string\"><VALUE>"
        "\\\\HOST\\root\\test:Thing.Name=&quot;a&quot;</VALUE></PROPERTY>",
        "<PROPERTY NAME=\"__NAMESPACE\" CLASSORIGIN=\"___SYSTEM\" TYPE=\"string\"><VALUE>root\\test</VALUE>",
        "<PROPERTY NAME=\"__GENUS\" CLASSORIGIN=\"___SYSTEM\" TYPE=\"sint32\"><VALUE>2</VALUE>",
        "<PROPERTY NAME=\"Name\" CLASSORIGIN=\"Thing\" TYPE=\"string\"><QUALIFIER NAME=\"CIMTYPE\" "
        "PROPAGATED=\"true\" TYPE=\"string\" TOINSTANCE=\"true\"><VALUE>string</VALUE></QUALIFIER><QUALIFIER "
        "NAME=\"key\"",
        "<PROPERTY.OBJECT NAME=\"Anything\" CLASSORIGIN=\"Thing\">", "<VALUE.OBJECT><INSTANCE CLASSNAME=\"Part\">"}) {
    EXPECT_TRUE(absl::StrContains(text, piece)) << piece << "\nin " << text;
  }
}

}  // namespace
}  // namespace cimvisor::text
