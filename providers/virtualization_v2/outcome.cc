#include "providers/virtualization_v2/outcome.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "providers/schema/msvm_v2/jobs.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using inventory::ErrorKind;

// DMTF's "Failed", which Hyper-V's own list does not have.
constexpr char kDmtfFailed[] = "2";

cim::CimStatus CimStatusOfKind(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kAccessDenied:
      return cim::CimStatus::kAccessDenied;
    case ErrorKind::kNotSupported:
      return cim::CimStatus::kNotSupported;
    case ErrorKind::kInvalidParameter:
      return cim::CimStatus::kInvalidParameter;
    case ErrorKind::kFileNotFound:
    case ErrorKind::kNotFound:
      return cim::CimStatus::kNotFound;
    case ErrorKind::kAlreadyExists:
      return cim::CimStatus::kAlreadyExists;
    case ErrorKind::kOutOfMemory:
      return cim::CimStatus::kServerLimitsExceeded;
    default:
      return cim::CimStatus::kFailed;
  }
}

// True for what says nothing of the request itself, only that it was not carried out here and now.
bool IsProtocolFailure(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
      return true;
    default:
      return inventory::KindOf(status) == ErrorKind::kConflict;
  }
}

}  // namespace

ReturnCodes ReturnCodesOf(const cim::Method& method) {
  const cim::Qualifier* map = cim::FindQualifier(method.qualifiers, "ValueMap");
  if (map == nullptr || map->value.is_null() || !map->value.is_array()) return ReturnCodes::kHyperV;
  for (const cim::Value& value : map->value.elements()) {
    if (value.type() == cim::CimType::kString && !value.is_null() && value.string() == kDmtfFailed) {
      return ReturnCodes::kDmtf;
    }
  }
  return ReturnCodes::kHyperV;
}

uint32_t ReturnValueOf(ErrorKind kind, ReturnCodes codes) {
  const bool dmtf = codes == ReturnCodes::kDmtf;
  switch (kind) {
    case ErrorKind::kNotSupported:
      return dmtf ? 1 : 32770;
    case ErrorKind::kInvalidParameter:
    case ErrorKind::kNotFound:
    case ErrorKind::kAlreadyExists:
      return dmtf ? 4 : 32773;
    case ErrorKind::kTimeout:
      return dmtf ? 3 : 32772;
    case ErrorKind::kAccessDenied:
      return 32769;
    case ErrorKind::kInUse:
      return 32774;
    case ErrorKind::kInvalidState:
      return 32775;
    case ErrorKind::kOutOfMemory:
      return 32778;
    case ErrorKind::kFileNotFound:
      return 32779;
    case ErrorKind::kFailed:
    case ErrorKind::kConflict:
      break;
  }
  return dmtf ? 2 : 32768;
}

InstancePointer MakeError(const ViewContext& context, ErrorKind kind, absl::string_view message,
                          const cim::ObjectPath& source) {
  const cim::CimErrorRow& row = cim::CimErrorTable(CimStatusOfKind(kind));
  v2::Error error(context.classes.error);
  error.set_error_type(kind == ErrorKind::kNotSupported ? v2::Error::ErrorTypeValue::kUnsupportedOperationError
                                                        : v2::Error::ErrorTypeValue::kSoftwareError);
  error.set_owning_entity("Cimvisor");
  error.set_message_id(absl::StrCat("cimvisor-", static_cast<int>(kind)));
  error.set_message(message);
  error.set_perceived_severity(v2::Error::PerceivedSeverityValue::kHigh);
  error.set_probable_cause(v2::Error::ProbableCauseValue::kUnknown);
  error.set_probable_cause_description(inventory::ErrorKindName(kind));
  error.set_error_source(source.FullText(context.dependencies.host_name));
  error.set_error_source_format(v2::Error::ErrorSourceFormatValue::kCIMObjectHandle);
  error.set_cim_status_code(static_cast<v2::Error::CIMStatusCodeValue>(row.status));
  error.set_cim_status_code_description(row.name);
  return std::move(error).Take();
}

broker::MethodResult Failure(const ViewContext& context, const broker::MethodCall& call, const absl::Status& status) {
  const ErrorKind kind = inventory::KindOf(status);
  broker::MethodResult result;
  result.return_value = ReturnValueOf(kind, ReturnCodesOf(*call.method));
  result.error = MakeError(context, kind, std::string(status.message()), call.path);
  result.out_parameters.reserve(call.method->parameters.size());
  for (const cim::Parameter& parameter : call.method->parameters) {
    result.out_parameters.push_back(cim::Value::Null(parameter.type, parameter.is_array));
  }
  return result;
}

broker::MethodResult MethodNotSupported(const ViewContext& context, const broker::MethodCall& call) {
  return Failure(context, call,
                 inventory::InventoryError(
                     ErrorKind::kNotSupported,
                     absl::StrCat("the method ", call.cls->name(), ".", call.method->name,
                                  " is not supported by this service; docs/api.md lists the methods that are")));
}

absl::StatusOr<broker::MethodResult> Finish(const ViewContext& context, const broker::MethodCall& call,
                                            const absl::Status& status, broker::MethodResult result) {
  if (status.ok()) return result;
  if (IsProtocolFailure(status)) return status;
  return Failure(context, call, status);
}

}  // namespace cimvisor::views
