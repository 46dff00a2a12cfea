#include "providers/virtualization_v2/management_service.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "providers/schema/msvm_v2/services.h"
#include "providers/schema/msvm_v2/system.h"
#include "providers/virtualization_v2/object_paths.h"
#include "providers/virtualization_v2/outcome.h"
#include "providers/virtualization_v2/service_methods.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using Service = v2::VirtualSystemManagementService;

struct MethodRow {
  const char* name;
  ServiceMethod method;
};

constexpr MethodRow kMethods[] = {
    {Service::DefineSystem::kName, &DefineSystem},
    {Service::ModifySystemSettings::kName, &ModifySystemSettings},
    {Service::DestroySystem::kName, &DestroySystem},
    {Service::AddResourceSettings::kName, &AddResourceSettings},
    {Service::ModifyResourceSettings::kName, &ModifyResourceSettings},
    {Service::RemoveResourceSettings::kName, &RemoveResourceSettings},
    {Service::GetSummaryInformation::kName, &GetSummaryInformation},
};

InstancePointer Render(const ViewContext& context) {
  Service service(context.classes.management_service);
  service.set_creation_class_name(Service::kClassName);
  service.set_name(kServiceName);
  service.set_system_creation_class_name(v2::ComputerSystem::kClassName);
  service.set_system_name(context.dependencies.host_name);
  service.set_caption("Hyper-V Virtual System Management Service");
  service.set_element_name("Hyper-V Virtual System Management Service");
  service.set_description("Service for creating, manipulating and destroying virtual systems");
  service.set_enabled_default(static_cast<Service::EnabledDefaultValue>(2));
  service.set_enabled_state(static_cast<Service::EnabledStateValue>(2));
  service.set_requested_state(static_cast<Service::RequestedStateValue>(12));
  service.set_health_state(static_cast<Service::HealthStateValue>(5));
  service.set_operational_status(
      std::vector<Service::OperationalStatusValue>{static_cast<Service::OperationalStatusValue>(2)});
  service.set_status("OK");
  service.set_status_descriptions(std::vector<std::string>{"OK"});
  service.set_started(true);
  return std::move(service).Take();
}

}  // namespace

absl::Status ManagementServiceProvider::Enumerate(const broker::ReadContext&, const broker::EnumerateRequest&,
                                                  broker::InstanceSink sink) {
  sink(Render(context_));
  return absl::OkStatus();
}

absl::StatusOr<InstancePointer> ManagementServiceProvider::Get(const broker::ReadContext&, const ClassPointer& cls,
                                                               const cim::ObjectPath& path, const cim::PropertySet&) {
  if (IsServicePath(context_, path)) return Render(context_);
  return cim::CimError(cim::CimStatus::kNotFound,
                       absl::StrCat("there is no ", cls->name(), " ", path.RelativeText(), ": the one of this host is ",
                                    ServicePath(context_).RelativeText()));
}

absl::StatusOr<broker::MethodResult> ManagementServiceProvider::Invoke(const broker::ReadContext& context,
                                                                       security::Operation& operation,
                                                                       broker::MethodCall call) {
  if (!IsServicePath(context_, call.path)) return Get(context, call.cls, call.path, cim::PropertySet::All()).status();
  for (const MethodRow& row : kMethods) {
    if (absl::EqualsIgnoreCase(call.method->name, row.name)) return row.method(context_, context, operation, call);
  }
  return MethodNotSupported(context_, call);
}

}  // namespace cimvisor::views
