// One table for failures: CIM status (DSP0200 §7.3.3), WMI code (WBEM_E_*) and absl (gRPC) code.
//
// The protocol's failures are absl::Status with a payload that carries the CIM status and the WMI code; the gRPC
// front end turns it into the typed detail of cimvisor.v1.ErrorDetail. Messages say what was wrong, with which
// object, and what to do.
#ifndef CIMVISOR_SERVICE_CIM_ERRORS_H_
#define CIMVISOR_SERVICE_CIM_ERRORS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cimvisor::cim {

enum class CimStatus : uint16_t {
  kFailed = 1,
  kAccessDenied = 2,
  kInvalidNamespace = 3,
  kInvalidParameter = 4,
  kInvalidClass = 5,
  kNotFound = 6,
  kNotSupported = 7,
  kAlreadyExists = 11,
  kNoSuchProperty = 12,
  kTypeMismatch = 13,
  kQueryLanguageNotSupported = 14,
  kInvalidQuery = 15,
  kMethodNotAvailable = 16,
  kMethodNotFound = 17,
  kServerLimitsExceeded = 27,
  kServerIsShuttingDown = 28,
};

struct CimErrorRow {
  CimStatus status;
  absl::string_view name;      // "CIM_ERR_NOT_FOUND"
  uint32_t wmi_code;           // 0x80041002
  absl::string_view wmi_name;  // "WBEM_E_NOT_FOUND"
  absl::StatusCode code;       // the gRPC code
};

// The row of a status; every CimStatus has one.
const CimErrorRow& CimErrorTable(CimStatus status);

// An error with its payload.
absl::Status CimError(CimStatus status, absl::string_view message);

// The CIM status of an error: from its payload, else by its absl code. `status` must not be OK.
CimStatus CimStatusOf(const absl::Status& status);

// The same error with `context` ("in Msvm_ComputerSystem.Name=…: ") before its message; payload kept.
absl::Status WithContext(const absl::Status& status, absl::string_view context);

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_ERRORS_H_
