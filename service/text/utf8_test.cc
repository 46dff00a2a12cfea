#include "service/text/utf8.h"

#include "gtest/gtest.h"

namespace cimvisor::text {
namespace {

TEST(Utf8, CodePointsReadBack) {
  for (uint32_t code : {0x1u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xD7FFu, 0xE000u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    std::string text;
    AppendUtf8(code, &text);
    size_t bytes = 0;
    EXPECT_EQ(DecodeUtf8(text + "x", &bytes), code);
    EXPECT_EQ(bytes, text.size());
  }
}

TEST(Utf8, WhatIsNoUtf8IsReplaced) {
  for (const char* text : {"\x80", "\xC0\x80", "\xC3", "\xC3x", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                           "\xF0\x80\x80\x80", "\xFF"}) {
    size_t bytes = 0;
    EXPECT_EQ(DecodeUtf8(text, &bytes), 0xFFFDu) << text;
    EXPECT_EQ(bytes, 1u);
    EXPECT_FALSE(IsValidUtf8(text)) << text;
  }
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("a\xC3\xA9\xEF\xBF\xBD\xF0\x9F\x98\x80"));
  std::string text;
  AppendUtf8(0xD800, &text);
  AppendUtf8(0x110000, &text);
  EXPECT_EQ(text, "\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace cimvisor::text
