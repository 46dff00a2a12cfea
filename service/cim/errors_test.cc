#include "service/cim/errors.h"

#include <string>

#include "gtest/gtest.h"

namespace cimvisor::cim {
namespace {

constexpr CimStatus kAll[] = {CimStatus::kFailed,
                              CimStatus::kAccessDenied,
                              CimStatus::kInvalidNamespace,
                              CimStatus::kInvalidParameter,
                              CimStatus::kInvalidClass,
                              CimStatus::kNotFound,
                              CimStatus::kNotSupported,
                              CimStatus::kAlreadyExists,
                              CimStatus::kNoSuchProperty,
                              CimStatus::kTypeMismatch,
                              CimStatus::kQueryLanguageNotSupported,
                              CimStatus::kInvalidQuery,
                              CimStatus::kMethodNotAvailable,
                              CimStatus::kMethodNotFound,
                              CimStatus::kServerLimitsExceeded,
                              CimStatus::kServerIsShuttingDown};

TEST(Errors, EveryStatusHasARowAndSurvivesInThePayload) {
  for (CimStatus status : kAll) {
    const CimErrorRow& row = CimErrorTable(status);
    EXPECT_EQ(row.status, status);
    EXPECT_EQ(row.wmi_code >> 16, 0x8004u) << std::string(row.name);
    absl::Status error = CimError(status, "message");
    EXPECT_EQ(error.code(), row.code);
    EXPECT_EQ(error.message(), "message");
    EXPECT_EQ(CimStatusOf(error), status);
  }
}

TEST(Errors, TheCodesThatClientsCompare) {
  EXPECT_EQ(CimErrorTable(CimStatus::kNotFound).wmi_code, 0x80041002u);
  EXPECT_EQ(CimErrorTable(CimStatus::kInvalidNamespace).wmi_code, 0x8004100Eu);
  EXPECT_EQ(CimErrorTable(CimStatus::kInvalidClass).wmi_code, 0x80041010u);
  EXPECT_EQ(CimErrorTable(CimStatus::kInvalidQuery).wmi_code, 0x80041017u);
  EXPECT_EQ(CimErrorTable(CimStatus::kMethodNotFound).wmi_code, 0x8004102Eu);
}

TEST(Errors, StatusWithoutPayloadIsMappedByItsCode) {
  EXPECT_EQ(CimStatusOf(absl::NotFoundError("x")), CimStatus::kNotFound);
  EXPECT_EQ(CimStatusOf(absl::InvalidArgumentError("x")), CimStatus::kInvalidParameter);
  EXPECT_EQ(CimStatusOf(absl::UnauthenticatedError("x")), CimStatus::kAccessDenied);
  EXPECT_EQ(CimStatusOf(absl::UnimplementedError("x")), CimStatus::kNotSupported);
  EXPECT_EQ(CimStatusOf(absl::DataLossError("x")), CimStatus::kFailed);
}

TEST(Errors, ContextKeepsCodeAndPayload) {
  absl::Status error = WithContext(CimError(CimStatus::kNoSuchProperty, "no 'x'"), "in A: ");
  EXPECT_EQ(error.message(), "in A: no 'x'");
  EXPECT_EQ(CimStatusOf(error), CimStatus::kNoSuchProperty);
  EXPECT_TRUE(WithContext(absl::OkStatus(), "in A: ").ok());
}

}  // namespace
}  // namespace cimvisor::cim
