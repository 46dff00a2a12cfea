#include "service/text/xml_document.h"

#include <string>

#include "gtest/gtest.h"
#include "service/cim/errors.h"

namespace cimvisor::text {
namespace {

std::string Read(const std::string& text) {
  pugi::xml_document document;
  const absl::Status loaded = LoadXml(text, &document);
  return loaded.ok() ? TextOf(document.document_element()) : std::string(loaded.message());
}

void ExpectRefused(const std::string& text, const std::string& why) {
  pugi::xml_document document;
  const absl::Status loaded = LoadXml(text, &document);
  ASSERT_FALSE(loaded.ok()) << text.substr(0, 200);
  EXPECT_EQ(cim::CimStatusOf(loaded), cim::CimStatus::kInvalidParameter);
  EXPECT_NE(std::string(loaded.message()).find(why), std::string::npos) << loaded;
}

TEST(XmlDocument, TextInEveryShape) {
  EXPECT_EQ(Read("<a>x</a>"), "x");
  EXPECT_EQ(Read(" \n<?xml version=\"1.0\" encoding=\"utf-16\"?><!DOCTYPE a SYSTEM \"a.dtd\"><!-- &no; --><a>x</a>"),
            "x");
  EXPECT_EQ(Read("<a>1<![CDATA[<&no;&#0;>]]>2</a>"), "1<&no;&#0;>2");
  EXPECT_EQ(Read("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#1;</a>"), "<>&\"'AB\x01");
  EXPECT_EQ(Read("<a>R&D and so on; & more</a>"), "R&D and so on; & more");
  EXPECT_EQ(Read("<![CDATA[<a>x</a>]]>"), "x");
  EXPECT_EQ(Read("&lt;a&gt;x &amp;amp; y&lt;/a&gt;"), "x & y");
  EXPECT_EQ(Read("<a>" + EscapeXml("\r\n\t<&>\"\x01\x7F") + "</a>"), "\r\n\t<&>\"\x01\x7F");
}

// Each level would be ten times the one before: a gigabyte from a thousand bytes.
TEST(XmlDocument, BillionLaughs) {
  std::string text = "<!DOCTYPE a [<!ENTITY l0 \"ha\">";
  for (int i = 1; i < 10; ++i) {
    text += "<!ENTITY l" + std::to_string(i) + " \"";
    for (int j = 0; j < 10; ++j) text += "&l" + std::to_string(i - 1) + ";";
    text += "\">";
  }
  ExpectRefused(text + "]><a>&l9;</a>", "document type with declarations of its own");
  ExpectRefused("<a>&l9;</a>", "the entity &l9; is not known");
}

TEST(XmlDocument, NothingOutsideTheTextIsRead) {
  ExpectRefused("<!DOCTYPE a [<!ENTITY s SYSTEM \"file:///etc/passwd\">]><a>&s;</a>", "document type");
  ExpectRefused("<!doctype a [<!ENTITY % p SYSTEM \"http://127.0.0.1/x\"> %p;]><a/>", "document type");
  EXPECT_EQ(Read("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a>x</a>"), "x");
  EXPECT_EQ(Read("<a><xi:include href=\"file:///etc/passwd\" parse=\"text\"/>x</a>"), "x");
}

TEST(XmlDocument, WhatIsNoCharacter) {
  for (const char* reference : {"&#0;", "&#x0;", "&#xD800;", "&#xDFFF;", "&#x110000;", "&#99999999999;", "&#xZZ;"}) {
    ExpectRefused(std::string("<a>") + reference + "</a>", "is no character");
    ExpectRefused(std::string("<a b=\"") + reference + "\"/>", "is no character");
  }
  ExpectRefused(std::string("<a>x\0y</a>", 10), "U+0000");
  ExpectRefused("<a>\xC3</a>", "no UTF-8");
  ExpectRefused("<a>\xED\xA0\x80</a>", "no UTF-8");
}

TEST(XmlDocument, BrokenXmlNamesTheByte) {
  ExpectRefused("<a><b></a>", "at byte");
  ExpectRefused("<a", "at byte");
  ExpectRefused("<a><![CDATA[x</a>", "at byte");
  ExpectRefused("", "No document element");
}

}  // namespace
}  // namespace cimvisor::text
