// What every view of this namespace needs: the dependencies and the classes, looked up once.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_VIEW_CONTEXT_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_VIEW_CONTEXT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "providers/virtualization_v2/register.h"
#include "service/cim/class_repository.h"
#include "service/cim/instance.h"

namespace cimvisor::views {

using ClassPointer = std::shared_ptr<const cim::Class>;
using InstancePointer = std::shared_ptr<const cim::Instance>;

struct ViewClasses {
  ClassPointer computer_system;
  ClassPointer system_settings;
  ClassPointer memory_settings;
  ClassPointer processor_settings;
  ClassPointer serial_port_settings;
  ClassPointer linux_kernel_settings;
  ClassPointer management_service;
  ClassPointer job;
  ClassPointer summary_information;
  ClassPointer audit_record;
  ClassPointer host_information;
  ClassPointer error;
  ClassPointer settings_define_state;
  ClassPointer setting_data_component;
  ClassPointer affected_job_element;
  ClassPointer service_affects_element;
  ClassPointer hosted_service;
};

// CIM_ERR_INVALID_CLASS when the schema lacks one of them.
absl::StatusOr<ViewClasses> ResolveClasses(const cim::ClassRepository& repository);

// Immutable once made; outlives every provider.
struct ViewContext {
  Dependencies dependencies;
  ViewClasses classes;
};

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_VIEW_CONTEXT_H_
