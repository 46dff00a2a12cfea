#include "service/rpc/status_conversion.h"

#include <gtest/gtest.h>

#include "cimvisor/v1/types.pb.h"
#include "service/cim/errors.h"

namespace cimvisor::rpc {
namespace {

TEST(StatusConversionTest, TheCodeIsTheStatussAndTheDetailHasTheNames) {
  const grpc::Status status = ToGrpcStatus(cim::CimError(cim::CimStatus::kInvalidClass, "no class X"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no class X");
  v1::ErrorDetail detail;
  ASSERT_TRUE(detail.ParseFromString(status.error_details()));
  EXPECT_EQ(detail.cim_status(), 5u);
  EXPECT_EQ(detail.cim_status_name(), "CIM_ERR_INVALID_CLASS");
  EXPECT_EQ(detail.wmi_code(), 0x80041010u);
  EXPECT_EQ(detail.message(), "no class X");
}

TEST(StatusConversionTest, EveryCodeHasADetail) {
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status status = ToGrpcStatus(absl::Status(static_cast<absl::StatusCode>(code), "m"));
    EXPECT_EQ(static_cast<int>(status.error_code()), code);
    v1::ErrorDetail detail;
    ASSERT_TRUE(detail.ParseFromString(status.error_details()));
    EXPECT_FALSE(detail.cim_status_name().empty()) << code;
    EXPECT_NE(detail.wmi_code(), 0u) << code;
  }
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
}

TEST(StatusConversionTest, LongMessagesAreCutBetweenCharacters) {
  EXPECT_EQ(CleanText("short", 5), "short");
  EXPECT_EQ(CleanText("longer", 5), "lo...");
  EXPECT_EQ(CleanText("\xC3\xA4\xC3\xA4\xC3\xA4", 6), "\xC3\xA4\xC3\xA4\xC3\xA4");
  EXPECT_EQ(CleanText("\xC3\xA4\xC3\xA4\xC3\xA4", 5), "\xC3\xA4...");
  EXPECT_EQ(ToGrpcStatus(absl::InternalError(std::string(100000, 'x'))).error_message().size(), kMaximumMessageBytes);
}

TEST(StatusConversionTest, WhatIsNoUtf8BecomesQuestionMarks) {
  for (const char* bad : {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xF0\x80\x80\x80",
                          "\xFF", "\xC3", "\xE2\x82", "\xF4\x90\x80\x80"}) {
    const std::string clean = CleanText(std::string("a") + bad + "b", 100);
    EXPECT_EQ(clean, "a" + std::string(std::string(bad).size(), '?') + "b");
  }
  EXPECT_EQ(CleanText("\xE2\x82\xAC\xF0\x9F\x98\x80", 100), "\xE2\x82\xAC\xF0\x9F\x98\x80");
}

}  // namespace
}  // namespace cimvisor::rpc
