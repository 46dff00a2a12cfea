#include "clients/cpp/errors.h"

#include <gtest/gtest.h>

namespace cimvisor::client {
namespace {

TEST(ErrorsTest, KeepsCodeMessageAndDetail) {
  cimvisor::v1::ErrorDetail detail;
  detail.set_cim_status(6);
  detail.set_wmi_code(0x80041002u);
  const absl::Status status =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "no such machine", detail.SerializeAsString()));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no such machine");
  ASSERT_TRUE(ErrorDetailOf(status).has_value());
  EXPECT_EQ(ErrorDetailOf(status)->wmi_code(), 0x80041002u);
}

TEST(ErrorsTest, ErrorsOfTheTransportHaveNoDetail) {
  const absl::Status status = FromGrpcStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection refused"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(ErrorDetailOf(status).has_value());
}

TEST(ErrorsTest, DetailThatIsNoDetailIsLeftOut) {
  const absl::Status status = FromGrpcStatus(grpc::Status(grpc::StatusCode::INTERNAL, "odd", "\xff\xff\xff"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_FALSE(ErrorDetailOf(status).has_value());
}

}  // namespace
}  // namespace cimvisor::client
