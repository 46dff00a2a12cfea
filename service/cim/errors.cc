#include "service/cim/errors.h"

#include <array>
#include <cstddef>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"

namespace cimvisor::cim {
namespace {

constexpr char kPayload[] = "cimvisor/cim-status";

// Codes of WMI: wbemcli.h, enum WBEMSTATUS.
constexpr std::array<CimErrorRow, 16> kTable = {{
    {CimStatus::kFailed, "CIM_ERR_FAILED", 0x80041001, "WBEM_E_FAILED", absl::StatusCode::kInternal},
    {CimStatus::kAccessDenied, "CIM_ERR_ACCESS_DENIED", 0x80041003, "WBEM_E_ACCESS_DENIED",
     absl::StatusCode::kPermissionDenied},
    {CimStatus::kInvalidNamespace, "CIM_ERR_INVALID_NAMESPACE", 0x8004100E, "WBEM_E_INVALID_NAMESPACE",
     absl::StatusCode::kNotFound},
    {CimStatus::kInvalidParameter, "CIM_ERR_INVALID_PARAMETER", 0x80041008, "WBEM_E_INVALID_PARAMETER",
     absl::StatusCode::kInvalidArgument},
    {CimStatus::kInvalidClass, "CIM_ERR_INVALID_CLASS", 0x80041010, "WBEM_E_INVALID_CLASS",
     absl::StatusCode::kNotFound},
    {CimStatus::kNotFound, "CIM_ERR_NOT_FOUND", 0x80041002, "WBEM_E_NOT_FOUND", absl::StatusCode::kNotFound},
    {CimStatus::kNotSupported, "CIM_ERR_NOT_SUPPORTED", 0x8004100C, "WBEM_E_NOT_SUPPORTED",
     absl::StatusCode::kUnimplemented},
    {CimStatus::kAlreadyExists, "CIM_ERR_ALREADY_EXISTS", 0x80041019, "WBEM_E_ALREADY_EXISTS",
     absl::StatusCode::kAlreadyExists},
    {CimStatus::kNoSuchProperty, "CIM_ERR_NO_SUCH_PROPERTY", 0x80041031, "WBEM_E_INVALID_PROPERTY",
     absl::StatusCode::kInvalidArgument},
    {CimStatus::kTypeMismatch, "CIM_ERR_TYPE_MISMATCH", 0x80041005, "WBEM_E_TYPE_MISMATCH",
     absl::StatusCode::kInvalidArgument},
    {CimStatus::kQueryLanguageNotSupported, "CIM_ERR_QUERY_LANGUAGE_NOT_SUPPORTED", 0x80041018,
     "WBEM_E_INVALID_QUERY_TYPE", absl::StatusCode::kInvalidArgument},
    {CimStatus::kInvalidQuery, "CIM_ERR_INVALID_QUERY", 0x80041017, "WBEM_E_INVALID_QUERY",
     absl::StatusCode::kInvalidArgument},
    {CimStatus::kMethodNotAvailable, "CIM_ERR_METHOD_NOT_AVAILABLE", 0x80041024, "WBEM_E_PROVIDER_NOT_CAPABLE",
     absl::StatusCode::kUnimplemented},
    {CimStatus::kMethodNotFound, "CIM_ERR_METHOD_NOT_FOUND", 0x8004102E, "WBEM_E_INVALID_METHOD",
     absl::StatusCode::kNotFound},
    {CimStatus::kServerLimitsExceeded, "CIM_ERR_SERVER_LIMITS_EXCEEDED", 0x8004106C, "WBEM_E_QUOTA_VIOLATION",
     absl::StatusCode::kResourceExhausted},
    {CimStatus::kServerIsShuttingDown, "CIM_ERR_SERVER_IS_SHUTTING_DOWN", 0x80041033, "WBEM_E_SHUTTING_DOWN",
     absl::StatusCode::kUnavailable},
}};

const CimErrorRow* FindRow(CimStatus status) {
  for (const CimErrorRow& row : kTable) {
    if (row.status == status) return &row;
  }
  return nullptr;
}

CimStatus FromCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return CimStatus::kInvalidParameter;
    case absl::StatusCode::kNotFound:
      return CimStatus::kNotFound;
    case absl::StatusCode::kAlreadyExists:
      return CimStatus::kAlreadyExists;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return CimStatus::kAccessDenied;
    case absl::StatusCode::kUnimplemented:
      return CimStatus::kNotSupported;
    case absl::StatusCode::kResourceExhausted:
      return CimStatus::kServerLimitsExceeded;
    default:
      return CimStatus::kFailed;
  }
}

}  // namespace

const CimErrorRow& CimErrorTable(CimStatus status) {
  const CimErrorRow* row = FindRow(status);
  return row != nullptr ? *row : kTable[0];
}

absl::Status CimError(CimStatus status, absl::string_view message) {
  absl::Status error(CimErrorTable(status).code, message);
  error.SetPayload(kPayload, absl::Cord(absl::StrCat(static_cast<int>(status))));
  return error;
}

CimStatus CimStatusOf(const absl::Status& status) {
  absl::optional<absl::Cord> payload = status.GetPayload(kPayload);
  int number = 0;
  if (payload.has_value() && absl::SimpleAtoi(std::string(*payload), &number)) {
    const CimErrorRow* row = FindRow(static_cast<CimStatus>(number));
    if (row != nullptr) return row->status;
  }
  return FromCode(status.code());
}

absl::Status WithContext(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  absl::Status result(status.code(), absl::StrCat(context, status.message()));
  status.ForEachPayload(
      [&result](absl::string_view type, const absl::Cord& payload) { result.SetPayload(type, payload); });
  return result;
}

}  // namespace cimvisor::cim
