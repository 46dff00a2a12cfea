#include "providers/virtualization_v2/machine_values.h"

#include <utility>

#include "absl/time/time.h"
#include "providers/inventory/inventory.h"
#include "providers/inventory/life_cycle.h"
#include "providers/schema/msvm_v2/system.h"
#include "providers/virtualization_v2/times.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using System = v2::ComputerSystem;

constexpr uint16_t kHealthOk = 5;
constexpr uint16_t kHealthMajorFailure = 20;
constexpr uint16_t kHealthCriticalFailure = 25;
constexpr uint16_t kStatusOk = 2;
constexpr uint16_t kStatusDegraded = 3;
constexpr uint16_t kStatusError = 6;
constexpr uint16_t kRequestedNoChange = 5;
constexpr uint16_t kRequestedNotApplicable = 12;
constexpr uint16_t kEnabled = 2;
constexpr uint16_t kEnhancedSessionNotAllowed = 3;
constexpr uint16_t kResetCapabilityOther = 1;

void FillHealth(const MachineHealth& health, const cim::PropertySet& properties, System& system) {
  system.set_health_state(static_cast<System::HealthStateValue>(health.health_state));
  if (properties.Contains(System::kOperationalStatusSlot)) {
    system.set_operational_status(std::vector<System::OperationalStatusValue>{
        static_cast<System::OperationalStatusValue>(health.operational_status)});
  }
  if (properties.Contains(System::kStatusSlot)) system.set_status(health.status);
  if (properties.Contains(System::kStatusDescriptionsSlot)) system.set_status_descriptions(health.descriptions);
}

void FillStates(const inventory::RuntimeRecord& runtime, System& system) {
  system.set_enabled_state(static_cast<System::EnabledStateValue>(runtime.state()));
  const uint16_t requested = inventory::IsTransitional(runtime.state()) && runtime.requested() != 0
                                 ? static_cast<uint16_t>(runtime.requested())
                                 : kRequestedNoChange;
  system.set_requested_state(static_cast<System::RequestedStateValue>(requested));
  system.set_enabled_default(static_cast<System::EnabledDefaultValue>(kEnabled));
  system.set_time_of_last_state_change(PointInTime(runtime.state_changed_at_us()));
}

void FillReplication(System& system) {
  // "Never", as Hyper-V writes it.
  static const cim::DateTime never =
      cim::DateTime::FromTime(absl::FromCivil(absl::CivilSecond(1601), absl::UTCTimeZone()));
  system.set_failed_over_replication_type(static_cast<System::FailedOverReplicationTypeValue>(0));
  system.set_last_application_consistent_replication_time(never);
  system.set_last_replication_time(never);
  system.set_last_replication_type(static_cast<System::LastReplicationTypeValue>(0));
  system.set_replication_health(static_cast<System::ReplicationHealthValue>(0));
  system.set_replication_mode(static_cast<System::ReplicationModeValue>(0));
  system.set_replication_state(static_cast<System::ReplicationStateValue>(0));
}

}  // namespace

uint16_t HealthStateOf(const inventory::MachineRecord& machine) {
  switch (machine.runtime().health()) {
    case inventory::HEALTH_DEGRADED:
      return kHealthMajorFailure;
    case inventory::HEALTH_FAILED:
      return kHealthCriticalFailure;
    default:
      return kHealthOk;
  }
}

MachineHealth HealthOf(const inventory::MachineRecord& machine) {
  const inventory::RuntimeRecord& runtime = machine.runtime();
  MachineHealth health;
  health.health_state = HealthStateOf(machine);
  health.descriptions.assign(runtime.conditions().begin(), runtime.conditions().end());
  switch (runtime.health()) {
    case inventory::HEALTH_DEGRADED:
      health.operational_status = kStatusDegraded;
      health.status = "Degraded";
      break;
    case inventory::HEALTH_FAILED:
      health.operational_status = kStatusError;
      health.status = "Error";
      break;
    default:
      health.descriptions = {"Operating normally"};
      break;
  }
  if (health.descriptions.empty()) health.descriptions = {health.status};
  return health;
}

bool HasWorker(const inventory::MachineRecord& machine) {
  return machine.runtime().state() != inventory::STATE_OFF && machine.runtime().launch().worker_process_id() != 0;
}

uint64_t OnTimeMilliseconds(const ViewContext& context, const inventory::MachineRecord& machine) {
  if (!HasWorker(machine)) return 0;
  const absl::StatusOr<inventory::MachineUsage> usage = context.dependencies.inventory->GetUsage(machine.id());
  // It may have ended since it was read.
  return usage.ok() ? static_cast<uint64_t>(absl::ToInt64Milliseconds(usage->uptime)) : 0;
}

InstancePointer RenderMachine(const ViewContext& context, const inventory::MachineRecord& machine,
                              const cim::PropertySet& properties, std::optional<uint64_t> on_time) {
  System system(context.classes.computer_system);
  system.set_creation_class_name(System::kClassName);
  system.set_name(machine.id());
  system.set_element_name(machine.configuration().system().name());
  if (properties.Contains(System::kCaptionSlot)) system.set_caption(kMachineCaption);
  if (properties.Contains(System::kDescriptionSlot)) system.set_description(kMachineDescription);
  system.set_install_date(PointInTime(machine.created_at_us()));
  system.set_time_of_last_configuration_change(PointInTime(machine.configuration_changed_at_us()));
  FillHealth(HealthOf(machine), properties, system);
  FillStates(machine.runtime(), system);
  FillReplication(system);
  system.set_enhanced_session_mode_state(
      static_cast<System::EnhancedSessionModeStateValue>(kEnhancedSessionNotAllowed));
  system.set_number_of_numa_nodes(1);
  system.set_on_time_in_milliseconds(on_time);
  system.set_process_id(HasWorker(machine) ? machine.runtime().launch().worker_process_id() : 0);
  system.set_reset_capability(static_cast<System::ResetCapabilityValue>(kResetCapabilityOther));
  system.set_revision(machine.revisions().machine());
  return std::move(system).Take();
}

InstancePointer RenderHost(const ViewContext& context) {
  System system(context.classes.computer_system);
  system.set_creation_class_name(System::kClassName);
  system.set_name(context.dependencies.host_name);
  system.set_element_name(context.dependencies.host_name);
  system.set_caption("Hosting Computer System");
  system.set_description("Microsoft Hosting Computer System");
  MachineHealth health;
  health.health_state = kHealthOk;
  health.operational_status = kStatusOk;
  health.descriptions = {health.status};
  FillHealth(health, cim::PropertySet::All(), system);
  system.set_enabled_state(static_cast<System::EnabledStateValue>(kEnabled));
  system.set_requested_state(static_cast<System::RequestedStateValue>(kRequestedNotApplicable));
  system.set_enabled_default(static_cast<System::EnabledDefaultValue>(kEnabled));
  FillReplication(system);
  system.set_reset_capability(static_cast<System::ResetCapabilityValue>(kResetCapabilityOther));
  return std::move(system).Take();
}

}  // namespace cimvisor::views
