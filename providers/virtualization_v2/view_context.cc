#include "providers/virtualization_v2/view_context.h"

#include "providers/schema/msvm_v2.h"
#include "service/cim/status_macros.h"

namespace cimvisor::views {

absl::StatusOr<ViewClasses> ResolveClasses(const cim::ClassRepository& repository) {
  namespace v2 = msvm::v2;
  ViewClasses classes;
  ASSIGN_OR_RETURN(classes.computer_system, msvm::FindClass<v2::ComputerSystem>(repository));
  ASSIGN_OR_RETURN(classes.system_settings, msvm::FindClass<v2::VirtualSystemSettingData>(repository));
  ASSIGN_OR_RETURN(classes.memory_settings, msvm::FindClass<v2::MemorySettingData>(repository));
  ASSIGN_OR_RETURN(classes.processor_settings, msvm::FindClass<v2::ProcessorSettingData>(repository));
  ASSIGN_OR_RETURN(classes.serial_port_settings, msvm::FindClass<v2::SerialPortSettingData>(repository));
  ASSIGN_OR_RETURN(classes.linux_kernel_settings, msvm::FindClass<v2::CimvisorLinuxKernelSettingData>(repository));
  ASSIGN_OR_RETURN(classes.management_service, msvm::FindClass<v2::VirtualSystemManagementService>(repository));
  ASSIGN_OR_RETURN(classes.job, msvm::FindClass<v2::ConcreteJob>(repository));
  ASSIGN_OR_RETURN(classes.summary_information, msvm::FindClass<v2::SummaryInformation>(repository));
  ASSIGN_OR_RETURN(classes.audit_record, msvm::FindClass<v2::CimvisorAuditRecord>(repository));
  ASSIGN_OR_RETURN(classes.host_information, msvm::FindClass<v2::CimvisorHostInformation>(repository));
  ASSIGN_OR_RETURN(classes.error, msvm::FindClass<v2::Error>(repository));
  ASSIGN_OR_RETURN(classes.settings_define_state, msvm::FindClass<v2::SettingsDefineState>(repository));
  ASSIGN_OR_RETURN(classes.setting_data_component, msvm::FindClass<v2::VirtualSystemSettingDataComponent>(repository));
  ASSIGN_OR_RETURN(classes.affected_job_element, msvm::FindClass<v2::AffectedJobElement>(repository));
  ASSIGN_OR_RETURN(classes.service_affects_element, msvm::FindClass<v2::ServiceAffectsElement>(repository));
  ASSIGN_OR_RETURN(classes.hosted_service, msvm::FindClass<v2::HostedService>(repository));
  return classes;
}

}  // namespace cimvisor::views
