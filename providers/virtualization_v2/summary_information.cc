#include "providers/virtualization_v2/summary_information.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/inventory.h"
#include "providers/schema/msvm_v2/system.h"
#include "providers/virtualization_v2/job_values.h"
#include "providers/virtualization_v2/machine_selection.h"
#include "providers/virtualization_v2/machine_values.h"
#include "providers/virtualization_v2/object_paths.h"
#include "providers/virtualization_v2/settings_view.h"
#include "providers/virtualization_v2/times.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using Summary = v2::SummaryInformation;
using Settings = v2::VirtualSystemSettingData;

// Heartbeat of a running machine without integration services.
constexpr uint16_t kHeartbeatNoContact = 12;

// providers/schema/facts/virtualization_v2.json, GetSummaryInformation, RequestedInformation.
struct CodeRow {
  uint32_t code;
  int slot;
};
constexpr CodeRow kCodes[] = {
    {0, Summary::kNameSlot},
    {1, Summary::kElementNameSlot},
    {2, Summary::kCreationTimeSlot},
    {3, Summary::kNotesSlot},
    {4, Summary::kNumberOfProcessorsSlot},
    {5, Summary::kThumbnailImageSlot},
    {6, Summary::kThumbnailImageSlot},
    {7, Summary::kThumbnailImageSlot},
    {8, Summary::kAllocatedGPUSlot},
    {9, Summary::kVirtualSwitchNamesSlot},
    {10, Summary::kVersionSlot},
    {11, Summary::kShieldedSlot},
    {100, Summary::kEnabledStateSlot},
    {101, Summary::kProcessorLoadSlot},
    {102, Summary::kProcessorLoadHistorySlot},
    {103, Summary::kMemoryUsageSlot},
    {104, Summary::kHeartbeatSlot},
    {105, Summary::kUpTimeSlot},
    {106, Summary::kGuestOperatingSystemSlot},
    {107, Summary::kSnapshotsSlot},
    {108, Summary::kAsynchronousTasksSlot},
    {109, Summary::kHealthStateSlot},
    {110, Summary::kOperationalStatusSlot},
    {111, Summary::kStatusDescriptionsSlot},
    {112, Summary::kMemoryAvailableSlot},
    {113, Summary::kAvailableMemoryBufferSlot},
    {114, Summary::kReplicationModeSlot},
    {115, Summary::kReplicationStateSlot},
    {116, Summary::kReplicationHealthSlot},
    {117, Summary::kTestReplicaSystemSlot},
    {121, Summary::kSwapFilesInUseSlot},
};
// The page gives these numbers no certain label.
constexpr uint32_t kUncertainCodes[] = {118, 119, 120, 122, 123, 132, 133};

void FillConfiguration(const ViewContext& context, const inventory::MachineRecord& machine,
                       const cim::PropertySet& properties, Summary& summary) {
  const inventory::SystemSettings& system = machine.configuration().system();
  if (properties.Contains(Summary::kNameSlot)) summary.set_name(machine.id());
  if (properties.Contains(Summary::kElementNameSlot)) summary.set_element_name(system.name());
  if (properties.Contains(Summary::kCreationTimeSlot)) summary.set_creation_time(PointInTime(machine.created_at_us()));
  if (properties.Contains(Summary::kNotesSlot)) summary.set_notes(absl::StrJoin(system.notes(), "\n"));
  if (properties.Contains(Summary::kNumberOfProcessorsSlot)) {
    summary.set_number_of_processors(static_cast<uint16_t>(machine.configuration().processor().count()));
  }
  if (properties.Contains(Summary::kHostComputerSystemNameSlot)) {
    summary.set_host_computer_system_name(context.dependencies.host_name);
  }
  if (!properties.Contains(Summary::kVersionSlot) && !properties.Contains(Summary::kVirtualSystemSubTypeSlot)) return;
  const InstancePointer instance =
      RenderSettings(context, machine, {machine.id(), inventory::DeviceKind::kSystem, 0}, cim::PropertySet::All());
  const Settings settings = Settings::View(*instance);
  if (properties.Contains(Summary::kVersionSlot)) summary.set_version(settings.version());
  if (properties.Contains(Summary::kVirtualSystemSubTypeSlot)) {
    summary.set_virtual_system_sub_type(settings.virtual_system_sub_type());
  }
}

void FillState(const inventory::MachineRecord& machine, const cim::PropertySet& properties, Summary& summary) {
  const inventory::RuntimeRecord& runtime = machine.runtime();
  const MachineHealth health = HealthOf(machine);
  if (properties.Contains(Summary::kEnabledStateSlot))
    summary.set_enabled_state(static_cast<uint16_t>(runtime.state()));
  if (properties.Contains(Summary::kHealthStateSlot)) summary.set_health_state(health.health_state);
  if (properties.Contains(Summary::kOperationalStatusSlot)) {
    summary.set_operational_status(std::vector<uint16_t>{health.operational_status});
  }
  if (properties.Contains(Summary::kStatusDescriptionsSlot)) summary.set_status_descriptions(health.descriptions);
  if (properties.Contains(Summary::kHeartbeatSlot) && HasWorker(machine)) {
    summary.set_heartbeat(static_cast<Summary::HeartbeatValue>(kHeartbeatNoContact));
  }
}

void FillUsage(const ViewContext& context, const inventory::MachineRecord& machine, const cim::PropertySet& properties,
               Summary& summary) {
  const bool wanted = properties.Contains(Summary::kUpTimeSlot) || properties.Contains(Summary::kProcessorLoadSlot) ||
                      properties.Contains(Summary::kProcessorLoadHistorySlot) ||
                      properties.Contains(Summary::kMemoryUsageSlot);
  if (!wanted) return;
  inventory::MachineUsage usage;  // all zero when it is off
  if (HasWorker(machine)) {
    const absl::StatusOr<inventory::MachineUsage> measured = context.dependencies.inventory->GetUsage(machine.id());
    if (measured.ok()) usage = *measured;
  }
  const auto load = static_cast<uint16_t>(usage.processor_load_percent);
  if (properties.Contains(Summary::kUpTimeSlot)) {
    summary.set_up_time(static_cast<uint64_t>(absl::ToInt64Milliseconds(usage.uptime)));
  }
  if (properties.Contains(Summary::kProcessorLoadSlot)) summary.set_processor_load(load);
  if (properties.Contains(Summary::kProcessorLoadHistorySlot)) {
    summary.set_processor_load_history(std::vector<uint16_t>{load});
  }
  if (properties.Contains(Summary::kMemoryUsageSlot)) summary.set_memory_usage(usage.memory_used_mib);
}

void FillTasks(const ViewContext& context, const ViewReadPoint& read_point, const inventory::MachineRecord& machine,
               Summary& summary) {
  std::vector<InstancePointer> tasks;
  for (const JobPointer& job : read_point.JobsOfMachine(machine.id())) {
    if (!jobs::IsFinal(job->state)) tasks.push_back(RenderJob(context, *job, absl::Now()));
  }
  summary.set_asynchronous_tasks(std::move(tasks));
}

// What no machine of this service has: replication, switches, checkpoints, a shield.
void FillAbsent(const cim::PropertySet& properties, Summary& summary) {
  if (properties.Contains(Summary::kVirtualSwitchNamesSlot)) {
    summary.set_virtual_switch_names(std::vector<std::string>{});
  }
  if (properties.Contains(Summary::kSnapshotsSlot)) summary.set_snapshots(std::vector<InstancePointer>{});
  if (properties.Contains(Summary::kShieldedSlot)) summary.set_shielded(false);
  if (properties.Contains(Summary::kSwapFilesInUseSlot)) summary.set_swap_files_in_use(false);
  if (properties.Contains(Summary::kMemorySpansPhysicalNumaNodesSlot)) {
    summary.set_memory_spans_physical_numa_nodes(false);
  }
  if (properties.Contains(Summary::kReplicationModeSlot)) {
    summary.set_replication_mode(static_cast<Summary::ReplicationModeValue>(0));
  }
  if (properties.Contains(Summary::kReplicationStateSlot)) {
    summary.set_replication_state(static_cast<Summary::ReplicationStateValue>(0));
  }
  if (properties.Contains(Summary::kReplicationHealthSlot)) {
    summary.set_replication_health(static_cast<Summary::ReplicationHealthValue>(0));
  }
  if (properties.Contains(Summary::kEnhancedSessionModeStateSlot)) {
    summary.set_enhanced_session_mode_state(static_cast<Summary::EnhancedSessionModeStateValue>(3));
  }
}

const std::vector<LookupSlot>& Lookups() {
  static const auto* const lookups =
      new std::vector<LookupSlot>{{Summary::kInstanceIDSlot, TextMeaning::kSettingsInstanceId},
                                  {Summary::kNameSlot, TextMeaning::kMachineId},
                                  {Summary::kElementNameSlot, TextMeaning::kMachineName}};
  return *lookups;
}

}  // namespace

absl::StatusOr<cim::PropertySet> SummaryProperties(const std::vector<uint32_t>& codes) {
  if (codes.empty()) return cim::PropertySet::All();
  std::vector<int> slots;
  for (const uint32_t code : codes) {
    const auto* const row =
        std::find_if(std::begin(kCodes), std::end(kCodes), [code](const CodeRow& known) { return known.code == code; });
    if (row != std::end(kCodes)) {
      slots.push_back(row->slot);
      continue;
    }
    const bool uncertain =
        std::find(std::begin(kUncertainCodes), std::end(kUncertainCodes), code) != std::end(kUncertainCodes);
    return inventory::InventoryError(
        uncertain ? inventory::ErrorKind::kNotSupported : inventory::ErrorKind::kInvalidParameter,
        absl::StrCat("RequestedInformation ", code, uncertain ? " is not supported" : " is unknown",
                     ": give numbers of 0 to 11, 100 to 117 and 121, or none for everything"));
  }
  return cim::PropertySet::Of(slots);
}

InstancePointer RenderSummary(const ViewContext& context, const ViewReadPoint& read_point,
                              const inventory::MachineRecord& machine, const cim::PropertySet& properties) {
  Summary summary(context.classes.summary_information);
  summary.set_instance_id(inventory::SettingsInstanceId(machine.id(), inventory::DeviceKind::kSystem));
  FillConfiguration(context, machine, properties, summary);
  FillState(machine, properties, summary);
  FillUsage(context, machine, properties, summary);
  if (properties.Contains(Summary::kAsynchronousTasksSlot)) FillTasks(context, read_point, machine, summary);
  FillAbsent(properties, summary);
  summary.set_revision(machine.revisions().machine());
  return std::move(summary).Take();
}

absl::Status SummaryInformationProvider::Enumerate(const broker::ReadContext& context,
                                                   const broker::EnumerateRequest& request, broker::InstanceSink sink) {
  const ViewReadPoint& read_point = ReadPointOf(context);
  SelectMachines(read_point.machines(), request.hints, Lookups(), [&](const inventory::MachinePointer& machine) {
    return sink(RenderSummary(context_, read_point, machine->record, request.properties));
  });
  return absl::OkStatus();
}

bool SummaryInformationProvider::HasIndex(const cim::Class&, const broker::LookupHint& hint) const {
  return HasMachineIndex(hint, Lookups());
}

absl::StatusOr<InstancePointer> SummaryInformationProvider::Get(const broker::ReadContext& context,
                                                                const ClassPointer& cls, const cim::ObjectPath& path,
                                                                const cim::PropertySet& properties) {
  const std::optional<std::string> text = TextKey(path, *cls, Summary::kInstanceIDSlot);
  const std::optional<inventory::DeviceId> id =
      text.has_value() ? inventory::ParseSettingsInstanceId(*text) : std::nullopt;
  if (id.has_value() && id->kind == inventory::DeviceKind::kSystem) {
    const ViewReadPoint& read_point = ReadPointOf(context);
    const inventory::MachinePointer machine = read_point.machines().Find(id->machine_id);
    if (machine != nullptr) return RenderSummary(context_, read_point, machine->record, properties);
  }
  return cim::CimError(cim::CimStatus::kNotFound, absl::StrCat("there is no ", cls->name(), " ", path.RelativeText(),
                                                               ": InstanceID is Microsoft:<GUID of a machine>"));
}

}  // namespace cimvisor::views
