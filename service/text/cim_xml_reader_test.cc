#include "service/text/cim_xml_reader.h"

#include <string>

#include "gtest/gtest.h"
#include "service/cim/errors.h"
#include "service/cim/object_path.h"
#include "service/text/mof_test_util.h"

namespace cimvisor::text {
namespace {

class CimXmlReaderTest : public testing::Test {
 protected:
  void SetUp() override { FillRepository(kTestSchema, &repository_); }

  absl::StatusOr<std::shared_ptr<const cim::Instance>> Parse(const std::string& text) {
    return ParseInstanceXml(text, repository_, "root/test");
  }

  std::shared_ptr<const cim::Instance> Parsed(const std::string& text) {
    auto instance = Parse(text);
    EXPECT_TRUE(instance.ok()) << instance.status() << "\n" << text;
    return instance.ok() ? *instance : nullptr;
  }

  void ExpectError(const std::string& text, cim::CimStatus status, const char* expected) {
    absl::Status error = Parse(text).status();
    ASSERT_FALSE(error.ok()) << text;
    EXPECT_EQ(cim::CimStatusOf(error), status) << error;
    EXPECT_NE(std::string(error.message()).find(expected), std::string::npos) << error;
  }

  cim::ClassRepository repository_;
};

constexpr char kPlain[] =
    "<INSTANCE CLASSNAME=\"thing\"><PROPERTY NAME=\"NAME\" TYPE=\"string\" MODIFIED=\"TRUE\"><VALUE>a &amp; "
    "b</VALUE></PROPERTY><PROPERTY NAME=\"Small\" TYPE=\"uint16\"><VALUE>5</VALUE></PROPERTY></INSTANCE>";

TEST_F(CimXmlReaderTest, WhatManagementInfrastructureSends) {
  auto instance = Parsed(kPlain);
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(instance->Find("Name")->string(), "a & b");
  EXPECT_EQ(instance->Find("Small")->unsigned_value(), 5u);
  EXPECT_TRUE(instance->IsMentioned(instance->cls().FindProperty("Small")));
  EXPECT_FALSE(instance->IsMentioned(instance->cls().FindProperty("Large")));
}

TEST_F(CimXmlReaderTest, TheSameInEveryWrapping) {
  auto plain = Parsed(kPlain);
  std::string text = kPlain;
  std::string escaped;
  for (char c : text) escaped += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  for (const std::string& wrapped :
       {"  \r\n<?xml version=\"1.0\" encoding=\"utf-16\"?>\n" + text, "\xEF\xBB\xBF" + text, "<!-- comment -->" + text,
        "<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><DECLARATION><DECLGROUP><VALUE.OBJECT>" + text +
            "</VALUE.OBJECT></DECLGROUP></DECLARATION></CIM>",
        "<![CDATA[" + text + "]]>", escaped}) {
    auto instance = Parsed(wrapped);
    ASSERT_NE(instance, nullptr);
    EXPECT_TRUE(*instance == *plain) << wrapped;
  }
}

TEST_F(CimXmlReaderTest, WmiDtdWithQualifiersAndSystemProperties) {
  auto instance = Parsed(
      "<INSTANCE CLASSNAME=\"Thing\">"
      "<QUALIFIER NAME=\"dynamic\" TYPE=\"boolean\"><VALUE>TRUE</VALUE></QUALIFIER>"
      "<PROPERTY NAME=\"__PATH\" CLASSORIGIN=\"___SYSTEM\" TYPE=\"string\"><VALUE>\\\\H\\root:Thing</VALUE></PROPERTY>"
      "<PROPERTY NAME=\"Name\" CLASSORIGIN=\"Thing\" TYPE=\"string\"><QUALIFIER NAME=\"key\" TYPE=\"boolean\">"
      "<VALUE>TRUE</VALUE></QUALIFIER><VALUE><![CDATA[<x>]]></VALUE></PROPERTY>"
      "<PROPERTY NAME=\"Flag\" TYPE=\"boolean\"><VALUE>true</VALUE></PROPERTY>"
      "<PROPERTY NAME=\"Large\" TYPE=\"uint64\"></PROPERTY>"
      "<PROPERTY.ARRAY NAME=\"Texts\" TYPE=\"string\"><VALUE.ARRAY><VALUE>a</VALUE><VALUE.NULL/><VALUE></VALUE>"
      "</VALUE.ARRAY></PROPERTY.ARRAY>"
      "<PROPERTY.OBJECT NAME=\"Anything\"><VALUE.OBJECT><INSTANCE CLASSNAME=\"Part\"><PROPERTY NAME=\"Size\" "
      "TYPE=\"uint32\"><VALUE>7</VALUE></PROPERTY></INSTANCE></VALUE.OBJECT></PROPERTY.OBJECT></INSTANCE>");
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(instance->Find("Name")->string(), "<x>");
  EXPECT_TRUE(instance->Find("Flag")->boolean());
  EXPECT_FALSE(instance->IsMentioned(instance->cls().FindProperty("Large")));
  EXPECT_EQ(instance->Find("Texts")->ToText(), "{a, NULL, }");
  EXPECT_EQ(instance->Find("Anything")->object()->Find("Size")->unsigned_value(), 7u);
}

TEST_F(CimXmlReaderTest, References) {
  cim::ObjectPath expected("root/test", "Thing", {{"Name", cim::Value::String("b")}});
  std::string local =
      "<INSTANCENAME CLASSNAME=\"Thing\"><KEYBINDING NAME=\"Name\"><KEYVALUE>b</KEYVALUE></KEYBINDING>"
      "</INSTANCENAME>";
  std::string name_space =
      "<LOCALNAMESPACEPATH><NAMESPACE NAME=\"root\"/><NAMESPACE NAME=\"test\"/></LOCALNAMESPACEPATH>";
  for (const std::string& reference :
       {std::string("\\\\H\\root\\test:Thing.Name=\"b\""),
        "<LOCALINSTANCEPATH>" + name_space + local + "</LOCALINSTANCEPATH>",
        "<INSTANCEPATH><NAMESPACEPATH><HOST>H</HOST>" + name_space + "</NAMESPACEPATH>" + local + "</INSTANCEPATH>"}) {
    auto instance = Parsed("<INSTANCE CLASSNAME=\"Thing\"><PROPERTY.REFERENCE NAME=\"Friend\"><VALUE.REFERENCE>" +
                           reference + "</VALUE.REFERENCE></PROPERTY.REFERENCE></INSTANCE>");
    ASSERT_NE(instance, nullptr);
    EXPECT_EQ(instance->Find("Friend")->reference(), expected) << reference;
  }
}

TEST_F(CimXmlReaderTest, EmbeddedTextInEitherForm) {
  for (const char* inner :
       {"&lt;INSTANCE CLASSNAME=\"Part\"&gt;&lt;PROPERTY NAME=\"Size\"&gt;&lt;VALUE&gt;7&lt;/VALUE&gt;"
        "&lt;/PROPERTY&gt;&lt;/INSTANCE&gt;",
        "instance of Part { Size = 7; };"}) {
    auto instance = Parsed(std::string("<INSTANCE CLASSNAME=\"Thing\"><PROPERTY NAME=\"Piece\"><VALUE>") + inner +
                           "</VALUE></PROPERTY></INSTANCE>");
    ASSERT_NE(instance, nullptr);
    EXPECT_EQ(instance->Find("Piece")->object()->Find("Size")->unsigned_value(), 7u);
  }
}

TEST_F(CimXmlReaderTest, Errors) {
  using cim::CimStatus;
  ExpectError("", CimStatus::kInvalidParameter, "No document element");
  ExpectError("<INSTANCE", CimStatus::kInvalidParameter, "at byte");
  ExpectError("<OTHER/>", CimStatus::kInvalidParameter, "expected one <INSTANCE CLASSNAME");
  ExpectError("<INSTANCE/>", CimStatus::kInvalidParameter, "attribute CLASSNAME");
  ExpectError("<INSTANCE CLASSNAME=\"Nothing\"/>", CimStatus::kInvalidClass, "no class 'Nothing'");
  auto with = [](const std::string& inner) { return "<INSTANCE CLASSNAME=\"Thing\">" + inner + "</INSTANCE>"; };
  ExpectError(with("<PROPERTY><VALUE>1</VALUE></PROPERTY>"), CimStatus::kInvalidParameter, "attribute NAME");
  ExpectError(with("<PROPERTY NAME=\"Colour\"><VALUE>1</VALUE></PROPERTY>"), CimStatus::kNoSuchProperty, "'Colour'");
  ExpectError(with("<PROPERTY NAME=\"Colour\"/>"), CimStatus::kNoSuchProperty, "'Colour'");
  ExpectError(with("<PROPERTY NAME=\"Small\"><VALUE>70000</VALUE></PROPERTY>"), CimStatus::kTypeMismatch, "uint16");
  ExpectError(with("<PROPERTY NAME=\"Small\"><VALUE>1</VALUE></PROPERTY><PROPERTY NAME=\"SMALL\"><VALUE>1</VALUE>"
                   "</PROPERTY>"),
              CimStatus::kInvalidParameter, "given twice");
  ExpectError(with("<PROPERTY NAME=\"Small\"><VALUE.STRANGE/></PROPERTY>"), CimStatus::kInvalidParameter,
              "is no value");
  ExpectError(with("<PROPERTY NAME=\"Texts\"><VALUE.ARRAY><VALUE.ARRAY/></VALUE.ARRAY></PROPERTY>"),
              CimStatus::kInvalidParameter, "no arrays in it");
  ExpectError(with("<PROPERTY NAME=\"Name\"><VALUE>&#xD800;</VALUE></PROPERTY>"), CimStatus::kInvalidParameter,
              "is no character");
  ExpectError(std::string(2 << 20, ' '), CimStatus::kInvalidParameter, "longer than");
}

TEST_F(CimXmlReaderTest, EntitiesOfADocumentTypeAreRefused) {
  const std::string instance =
      "<INSTANCE CLASSNAME=\"Thing\"><PROPERTY NAME=\"Name\"><VALUE>&secret;</VALUE></PROPERTY></INSTANCE>";
  ExpectError("<!DOCTYPE INSTANCE [<!ENTITY secret SYSTEM \"file:///etc/passwd\">]>" + instance,
              cim::CimStatus::kInvalidParameter, "document type");
  ExpectError(instance, cim::CimStatus::kInvalidParameter, "the entity &secret; is not known");
}

TEST_F(CimXmlReaderTest, DepthIsLimited) {
  std::string text;
  for (int i = 0; i < 40000; ++i) text += "<INSTANCE CLASSNAME=\"Thing\"><PROPERTY NAME=\"Anything\"><VALUE.OBJECT>";
  EXPECT_FALSE(Parse(text).ok());
  std::string closed;
  for (int i = 0; i < 12; ++i) {
    closed = "<INSTANCE CLASSNAME=\"Thing\"><PROPERTY NAME=\"Anything\"><VALUE.OBJECT>" + closed +
             "</VALUE.OBJECT></PROPERTY></INSTANCE>";
  }
  ExpectError(closed, cim::CimStatus::kInvalidParameter, "nested more than 8 deep");
}

TEST_F(CimXmlReaderTest, EitherFormByItsFirstCharacter) {
  EXPECT_TRUE(ParseEmbeddedInstance(std::string("\n ") + kPlain, repository_, "root/test").ok());
  EXPECT_TRUE(ParseEmbeddedInstance("instance of Thing { Name = \"<\"; };", repository_, "root/test").ok());
  EXPECT_FALSE(ParseEmbeddedInstance("", repository_, "root/test").ok());
}

}  // namespace
}  // namespace cimvisor::text
