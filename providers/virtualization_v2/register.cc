#include "providers/virtualization_v2/register.h"

#include <utility>

#include "providers/virtualization_v2/audit_record.h"
#include "providers/virtualization_v2/computer_system.h"
#include "providers/virtualization_v2/concrete_job.h"
#include "providers/virtualization_v2/event_renderer.h"
#include "providers/virtualization_v2/host_information.h"
#include "providers/virtualization_v2/machine_associations.h"
#include "providers/virtualization_v2/management_service.h"
#include "providers/virtualization_v2/object_paths.h"
#include "providers/virtualization_v2/read_point.h"
#include "providers/virtualization_v2/serial_console_source.h"
#include "providers/virtualization_v2/settings_provider.h"
#include "providers/virtualization_v2/summary_information.h"
#include "providers/virtualization_v2/view_context.h"
#include "service/broker/registry.h"
#include "service/cim/status_macros.h"
#include "service/console/console_directory.h"

namespace cimvisor::views {

class VirtualizationV2::Impl {
 public:
  explicit Impl(Dependencies dependencies)
      : context_{std::move(dependencies), {}}, read_points_(context_.dependencies), consoles_(context_) {}

  absl::Status Register(broker::ProviderRegistry& registry, console::ConsoleDirectory& consoles) {
    ASSIGN_OR_RETURN(context_.classes, ResolveClasses(*context_.dependencies.classes));
    RETURN_IF_ERROR(RegisterProviders(registry));
    RETURN_IF_ERROR(registry.SetEventRenderer(context_.classes.computer_system->name_space(),
                                              std::make_shared<ViewEventRenderer>(context_)));
    for (const ClassPointer& cls : {context_.classes.computer_system, context_.classes.serial_port_settings}) {
      RETURN_IF_ERROR(consoles.Register(cls->name_space(), cls->name(), &consoles_));
    }
    return absl::OkStatus();
  }

  const broker::ReadPointSource& read_points() const { return read_points_; }

 private:
  absl::Status RegisterProviders(broker::ProviderRegistry& registry) {
    const auto add = [&registry](const ClassPointer& cls, std::shared_ptr<broker::Provider> provider) {
      return registry.Add(cls->name_space(), cls->name(), std::move(provider));
    };
    const ViewClasses& classes = context_.classes;
    for (const inventory::DeviceKind kind :
         {inventory::DeviceKind::kSystem, inventory::DeviceKind::kMemory, inventory::DeviceKind::kProcessor,
          inventory::DeviceKind::kSerialPort, inventory::DeviceKind::kLinuxKernel}) {
      RETURN_IF_ERROR(add(ClassOfKind(context_, kind), std::make_shared<SettingsProvider>(context_, kind)));
    }
    RETURN_IF_ERROR(add(classes.computer_system, std::make_shared<ComputerSystemProvider>(context_)));
    RETURN_IF_ERROR(add(classes.management_service, std::make_shared<ManagementServiceProvider>(context_)));
    RETURN_IF_ERROR(add(classes.job, std::make_shared<ConcreteJobProvider>(context_)));
    RETURN_IF_ERROR(add(classes.summary_information, std::make_shared<SummaryInformationProvider>(context_)));
    RETURN_IF_ERROR(add(classes.audit_record, std::make_shared<AuditRecordProvider>(context_)));
    RETURN_IF_ERROR(add(classes.host_information, std::make_shared<HostInformationProvider>(context_)));
    RETURN_IF_ERROR(add(classes.settings_define_state, MakeSettingsDefineStateProvider(context_)));
    RETURN_IF_ERROR(add(classes.setting_data_component, MakeSettingDataComponentProvider(context_)));
    RETURN_IF_ERROR(add(classes.affected_job_element, MakeAffectedJobElementProvider(context_)));
    RETURN_IF_ERROR(add(classes.service_affects_element, MakeServiceAffectsElementProvider(context_)));
    return add(classes.hosted_service, MakeHostedServiceProvider(context_));
  }

  ViewContext context_;
  const ViewReadPoints read_points_;
  SerialConsoleSource consoles_;
};

VirtualizationV2::VirtualizationV2(Dependencies dependencies)
    : impl_(std::make_unique<Impl>(std::move(dependencies))) {}

VirtualizationV2::~VirtualizationV2() = default;

absl::Status VirtualizationV2::Register(broker::ProviderRegistry& registry, console::ConsoleDirectory& consoles) {
  return impl_->Register(registry, consoles);
}

const broker::ReadPointSource& VirtualizationV2::read_points() const { return impl_->read_points(); }

}  // namespace cimvisor::views
