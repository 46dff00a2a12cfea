#include "providers/inventory/errors.h"

#include <array>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace cimvisor::inventory {
namespace {

constexpr char kPayloadUrl[] = "cimvisor.inventory/error-kind";

struct ErrorRow {
  ErrorKind kind;
  absl::string_view name;
  absl::StatusCode code;
  uint32_t job_error_code;
};

// One row for each kind, in their order.
constexpr std::array<ErrorRow, 12> kErrors = {{
    {ErrorKind::kFailed, "failed", absl::StatusCode::kInternal, 32768},
    {ErrorKind::kAccessDenied, "access denied", absl::StatusCode::kPermissionDenied, 32769},
    {ErrorKind::kNotSupported, "not supported", absl::StatusCode::kUnimplemented, 32770},
    {ErrorKind::kInvalidParameter, "invalid parameter", absl::StatusCode::kInvalidArgument, 32773},
    {ErrorKind::kInUse, "in use", absl::StatusCode::kUnavailable, 32774},
    {ErrorKind::kInvalidState, "invalid state", absl::StatusCode::kFailedPrecondition, 32775},
    {ErrorKind::kOutOfMemory, "out of memory", absl::StatusCode::kResourceExhausted, 32778},
    {ErrorKind::kFileNotFound, "file not found", absl::StatusCode::kNotFound, 32779},
    {ErrorKind::kNotFound, "not found", absl::StatusCode::kNotFound, 32789},
    {ErrorKind::kAlreadyExists, "already exists", absl::StatusCode::kAlreadyExists, 32788},
    {ErrorKind::kConflict, "conflict", absl::StatusCode::kAborted, 32768},
    {ErrorKind::kTimeout, "timeout", absl::StatusCode::kDeadlineExceeded, 32772},
}};

const ErrorRow& RowOf(ErrorKind kind) { return kErrors[static_cast<size_t>(kind) - 1]; }

}  // namespace

absl::Status InventoryError(ErrorKind kind, absl::string_view message) {
  absl::Status status(RowOf(kind).code, message);
  status.SetPayload(kPayloadUrl, absl::Cord(absl::StrCat(static_cast<int>(kind))));
  return status;
}

ErrorKind KindOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  int kind = 0;
  if (payload.has_value() && absl::SimpleAtoi(std::string(*payload), &kind) && kind >= 1 &&
      static_cast<size_t>(kind) <= kErrors.size()) {
    return static_cast<ErrorKind>(kind);
  }
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return ErrorKind::kInvalidParameter;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return ErrorKind::kAccessDenied;
    case absl::StatusCode::kUnimplemented:
      return ErrorKind::kNotSupported;
    case absl::StatusCode::kFailedPrecondition:
      return ErrorKind::kInvalidState;
    case absl::StatusCode::kResourceExhausted:
      return ErrorKind::kOutOfMemory;
    case absl::StatusCode::kNotFound:
      return ErrorKind::kNotFound;
    case absl::StatusCode::kAlreadyExists:
      return ErrorKind::kAlreadyExists;
    case absl::StatusCode::kAborted:
      return ErrorKind::kConflict;
    case absl::StatusCode::kDeadlineExceeded:
      return ErrorKind::kTimeout;
    default:
      return ErrorKind::kFailed;
  }
}

absl::string_view ErrorKindName(ErrorKind kind) { return RowOf(kind).name; }

uint32_t JobErrorCode(ErrorKind kind) { return RowOf(kind).job_error_code; }

absl::Status WithContext(const absl::Status& status, absl::string_view context) {
  absl::Status result(status.code(), absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload(
      [&result](absl::string_view url, const absl::Cord& payload) { result.SetPayload(url, payload); });
  return result;
}

}  // namespace cimvisor::inventory
