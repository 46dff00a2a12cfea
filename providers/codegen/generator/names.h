// From the names of CIM to those of the generated C++.
#ifndef CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_NAMES_H_
#define CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cimvisor::codegen {

// "Msvm_ComputerSystem" -> "ComputerSystem", "CIM_Job" -> "CimJob", "Cimvisor_AuditRecord" -> "CimvisorAuditRecord",
// "__InstanceCreationEvent" -> "SystemInstanceCreationEvent".
std::string WrapperName(absl::string_view class_name);

// "OnTimeInMilliseconds" -> "on_time_in_milliseconds", "ProcessID" -> "process_id"; a keyword gets a final '_'.
std::string AccessorName(absl::string_view name);

// "kOnTimeInMillisecondsSlot".
std::string SlotName(absl::string_view property);

// "EnabledStateValue".
std::string EnumName(absl::string_view element);

// "Method Parameters Checked - Job Started" -> "kMethodParametersCheckedJobStarted". "" when it has no letter or digit.
std::string EnumeratorName(absl::string_view label);

// "msvm_v2/computer_system.h" -> "MSVM_V2_COMPUTER_SYSTEM_H".
std::string GuardName(absl::string_view path);

}  // namespace cimvisor::codegen

#endif  // CIMVISOR_PROVIDERS_CODEGEN_GENERATOR_NAMES_H_
