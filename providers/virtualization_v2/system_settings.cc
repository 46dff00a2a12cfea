// Msvm_VirtualSystemSettingData: the settings of a machine as a whole.
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "providers/inventory/errors.h"
#include "providers/schema/msvm_v2/system.h"
#include "providers/virtualization_v2/settings_rows.h"
#include "providers/virtualization_v2/times.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using Settings = v2::VirtualSystemSettingData;

constexpr char kRealized[] = "Microsoft:Hyper-V:System:Realized";
constexpr char kGeneration1[] = "Microsoft:Hyper-V:SubType:1";
constexpr char kGeneration2[] = "Microsoft:Hyper-V:SubType:2";
// The version of Hyper-V's configuration whose properties these are (Windows Server 2019).
constexpr char kConfigurationVersion[] = "9.0";

int Count(const inventory::MachineRecord&) { return 1; }

// Who and what it is.
void FillIdentity(const inventory::MachineRecord& machine, const cim::PropertySet& properties, Settings& settings) {
  const inventory::SystemSettings& system = machine.configuration().system();
  settings.set_instance_id(inventory::SettingsInstanceId(machine.id(), inventory::DeviceKind::kSystem));
  if (properties.Contains(Settings::kCaptionSlot)) settings.set_caption("Virtual Machine Settings");
  if (properties.Contains(Settings::kDescriptionSlot)) {
    settings.set_description("Active settings for the virtual machine");
  }
  settings.set_element_name(system.name());
  if (properties.Contains(Settings::kVirtualSystemIdentifierSlot)) settings.set_virtual_system_identifier(machine.id());
  if (properties.Contains(Settings::kConfigurationIDSlot)) settings.set_configuration_id(machine.id());
  if (properties.Contains(Settings::kVirtualSystemTypeSlot)) settings.set_virtual_system_type(kRealized);
  if (properties.Contains(Settings::kVirtualSystemSubTypeSlot)) {
    settings.set_virtual_system_sub_type(system.generation() == 2 ? kGeneration2 : kGeneration1);
  }
  if (properties.Contains(Settings::kNotesSlot)) {
    settings.set_notes(std::vector<std::string>(system.notes().begin(), system.notes().end()));
  }
  settings.set_creation_time(PointInTime(machine.created_at_us()));
  settings.set_version(kConfigurationVersion);
  settings.set_architecture("x64");
}

// What it does by itself.
void FillActions(const inventory::SystemSettings& system, Settings& settings) {
  settings.set_automatic_startup_action(static_cast<Settings::AutomaticStartupActionValue>(system.startup_action()));
  settings.set_automatic_startup_action_delay(Interval(system.startup_delay_us()));
  settings.set_automatic_startup_action_sequence_number(static_cast<uint16_t>(system.startup_sequence_number()));
  settings.set_automatic_shutdown_action(static_cast<Settings::AutomaticShutdownActionValue>(system.shutdown_action()));
  settings.set_automatic_recovery_action(static_cast<Settings::AutomaticRecoveryActionValue>(system.recovery_action()));
  settings.set_automatic_critical_error_action(
      static_cast<Settings::AutomaticCriticalErrorActionValue>(system.critical_error_action()));
  settings.set_automatic_critical_error_action_timeout(Interval(system.critical_error_timeout_us()));
  settings.set_user_snapshot_type(static_cast<Settings::UserSnapshotTypeValue>(system.user_snapshot_type()));
  settings.set_automatic_snapshots_enabled(system.automatic_snapshots_enabled());
  settings.set_is_automatic_snapshot(false);
  settings.set_is_saved(false);
  settings.set_lock_on_disconnect(system.lock_on_disconnect());
  settings.set_turn_off_on_guest_restart(system.turn_off_on_guest_restart());
  settings.set_incremental_backup_enabled(system.incremental_backup_enabled());
  settings.set_additional_recovery_information(system.additional_recovery_information());
}

// What its firmware is told.
void FillFirmware(const inventory::MachineRecord& machine, const cim::PropertySet& properties, Settings& settings) {
  const inventory::SystemSettings& system = machine.configuration().system();
  if (properties.Contains(Settings::kBIOSGUIDSlot)) {
    settings.set_biosguid(system.bios_guid().empty() ? absl::StrCat("{", machine.id(), "}") : system.bios_guid());
  }
  settings.set_bios_serial_number(system.bios_serial_number());
  settings.set_base_board_serial_number(system.base_board_serial_number());
  settings.set_chassis_serial_number(system.chassis_serial_number());
  settings.set_chassis_asset_tag(system.chassis_asset_tag());
  settings.set_bios_num_lock(system.bios_num_lock());
  if (properties.Contains(Settings::kBootOrderSlot)) {
    std::vector<Settings::BootOrderValue> order;
    for (const uint32_t device : system.boot_order()) order.push_back(static_cast<Settings::BootOrderValue>(device));
    settings.set_boot_order(std::move(order));
  }
  if (properties.Contains(Settings::kBootSourceOrderSlot)) {
    settings.set_boot_source_order(
        std::vector<std::string>(system.boot_source_order().begin(), system.boot_source_order().end()));
  }
  settings.set_pause_after_boot_failure(system.pause_after_boot_failure());
  settings.set_network_boot_preferred_protocol(
      static_cast<Settings::NetworkBootPreferredProtocolValue>(system.network_boot_preferred_protocol()));
  settings.set_secure_boot_enabled(system.secure_boot_enabled());
  settings.set_secure_boot_template_id(system.secure_boot_template_id());
}

// What its platform is like.
void FillPlatform(const inventory::SystemSettings& system, Settings& settings) {
  settings.set_allow_full_scsi_command_set(system.allow_full_scsi_command_set());
  settings.set_allow_reduced_fc_redundancy(false);
  settings.set_boot_pci_express(false);
  settings.set_console_mode(static_cast<Settings::ConsoleModeValue>(system.console_mode()));
  settings.set_debug_channel_id(system.debug_channel_id());
  settings.set_debug_port(system.debug_port());
  settings.set_debug_port_enabled(static_cast<Settings::DebugPortEnabledValue>(system.debug_port_enabled()));
  settings.set_enable_hibernation(false);
  settings.set_enhanced_session_transport_type(
      static_cast<Settings::EnhancedSessionTransportTypeValue>(system.enhanced_session_transport()));
  settings.set_guest_controlled_cache_types(system.guest_controlled_cache_types());
  settings.set_guest_state_isolation_enabled(false);
  settings.set_high_mmio_gap_size(system.high_mmio_gap_mib());
  settings.set_low_mmio_gap_size(system.low_mmio_gap_mib());
  settings.set_virtual_numa_enabled(system.virtual_numa_enabled());
  settings.set_watchdog_enabled(false);
}

InstancePointer Render(const ViewContext& context, const inventory::MachineRecord& machine, int,
                       const cim::PropertySet& properties) {
  Settings settings(context.classes.system_settings);
  FillIdentity(machine, properties, settings);
  FillActions(machine.configuration().system(), settings);
  FillFirmware(machine, properties, settings);
  FillPlatform(machine.configuration().system(), settings);
  settings.set_revision(machine.revisions().system());
  return std::move(settings).Take();
}

absl::Status Invalid(absl::string_view message) {
  return inventory::InventoryError(inventory::ErrorKind::kInvalidParameter, message);
}

absl::Status ReadInterval(const cim::DateTime& value, absl::string_view property, uint64_t* microseconds) {
  if (!value.is_interval() || value.microseconds() < 0) {
    return Invalid(absl::StrCat(property, " ", value.ToText(),
                                " is a point in time: give an interval, such as 00000000000130.000000:000"));
  }
  *microseconds = static_cast<uint64_t>(value.microseconds());
  return absl::OkStatus();
}

const std::string& PropertyName(const cim::Instance& instance, int slot) {
  return instance.cls().properties()[static_cast<size_t>(slot)].name;
}

absl::Status ApplyIdentity(const Settings& wanted, inventory::SystemSettings& system) {
  if (wanted.element_name().has_value()) system.set_name(std::string(*wanted.element_name()));
  if (const auto notes = wanted.notes(); notes.has_value()) {
    system.clear_notes();
    for (const auto& line : *notes) system.add_notes(std::string(line));
  }
  if (const auto sub_type = wanted.virtual_system_sub_type(); sub_type.has_value()) {
    if (absl::EqualsIgnoreCase(*sub_type, kGeneration1)) {
      system.set_generation(1);
    } else if (absl::EqualsIgnoreCase(*sub_type, kGeneration2)) {
      system.set_generation(2);
    } else {
      return Invalid(absl::StrCat("VirtualSystemSubType \"", *sub_type, "\" is unknown: give ", kGeneration1, " or ",
                                  kGeneration2));
    }
  }
  return absl::OkStatus();
}

absl::Status ApplyActions(const Settings& wanted, inventory::SystemSettings& system) {
  if (const auto action = wanted.automatic_startup_action(); action.has_value()) {
    system.set_startup_action(static_cast<inventory::StartupAction>(*action));
  }
  if (const auto delay = wanted.automatic_startup_action_delay(); delay.has_value()) {
    uint64_t microseconds = 0;
    const absl::Status status = ReadInterval(
        *delay, PropertyName(wanted.instance(), Settings::kAutomaticStartupActionDelaySlot), &microseconds);
    if (!status.ok()) return status;
    system.set_startup_delay_us(microseconds);
  }
  if (const auto number = wanted.automatic_startup_action_sequence_number(); number.has_value()) {
    system.set_startup_sequence_number(*number);
  }
  if (const auto action = wanted.automatic_shutdown_action(); action.has_value()) {
    system.set_shutdown_action(static_cast<inventory::ShutdownAction>(*action));
  }
  if (const auto action = wanted.automatic_recovery_action(); action.has_value()) {
    system.set_recovery_action(static_cast<inventory::RecoveryAction>(*action));
  }
  if (const auto action = wanted.automatic_critical_error_action(); action.has_value()) {
    system.set_critical_error_action(static_cast<uint32_t>(*action));
  }
  if (const auto timeout = wanted.automatic_critical_error_action_timeout(); timeout.has_value()) {
    uint64_t microseconds = 0;
    const absl::Status status = ReadInterval(
        *timeout, PropertyName(wanted.instance(), Settings::kAutomaticCriticalErrorActionTimeoutSlot), &microseconds);
    if (!status.ok()) return status;
    system.set_critical_error_timeout_us(microseconds);
  }
  if (const auto type = wanted.user_snapshot_type(); type.has_value()) {
    system.set_user_snapshot_type(static_cast<uint32_t>(*type));
  }
  if (wanted.automatic_snapshots_enabled().has_value()) {
    system.set_automatic_snapshots_enabled(*wanted.automatic_snapshots_enabled());
  }
  if (wanted.lock_on_disconnect().has_value()) system.set_lock_on_disconnect(*wanted.lock_on_disconnect());
  if (wanted.turn_off_on_guest_restart().has_value()) {
    system.set_turn_off_on_guest_restart(*wanted.turn_off_on_guest_restart());
  }
  if (wanted.incremental_backup_enabled().has_value()) {
    system.set_incremental_backup_enabled(*wanted.incremental_backup_enabled());
  }
  if (const auto text = wanted.additional_recovery_information(); text.has_value()) {
    system.set_additional_recovery_information(std::string(*text));
  }
  return absl::OkStatus();
}

void ApplyFirmware(const Settings& wanted, inventory::SystemSettings& system) {
  if (const auto text = wanted.biosguid(); text.has_value()) system.set_bios_guid(std::string(*text));
  if (const auto text = wanted.bios_serial_number(); text.has_value())
    system.set_bios_serial_number(std::string(*text));
  if (const auto text = wanted.base_board_serial_number(); text.has_value()) {
    system.set_base_board_serial_number(std::string(*text));
  }
  if (const auto text = wanted.chassis_serial_number(); text.has_value()) {
    system.set_chassis_serial_number(std::string(*text));
  }
  if (const auto text = wanted.chassis_asset_tag(); text.has_value()) system.set_chassis_asset_tag(std::string(*text));
  if (wanted.bios_num_lock().has_value()) system.set_bios_num_lock(*wanted.bios_num_lock());
  if (const auto order = wanted.boot_order(); order.has_value()) {
    system.clear_boot_order();
    for (const Settings::BootOrderValue device : *order) system.add_boot_order(static_cast<uint32_t>(device));
  }
  if (const auto order = wanted.boot_source_order(); order.has_value()) {
    system.clear_boot_source_order();
    for (const auto& source : *order) system.add_boot_source_order(std::string(source));
  }
  if (wanted.pause_after_boot_failure().has_value()) {
    system.set_pause_after_boot_failure(*wanted.pause_after_boot_failure());
  }
  if (const auto protocol = wanted.network_boot_preferred_protocol(); protocol.has_value()) {
    system.set_network_boot_preferred_protocol(static_cast<uint32_t>(*protocol));
  }
  if (wanted.secure_boot_enabled().has_value()) system.set_secure_boot_enabled(*wanted.secure_boot_enabled());
  if (const auto text = wanted.secure_boot_template_id(); text.has_value()) {
    system.set_secure_boot_template_id(std::string(*text));
  }
}

void ApplyPlatform(const Settings& wanted, inventory::SystemSettings& system) {
  if (wanted.allow_full_scsi_command_set().has_value()) {
    system.set_allow_full_scsi_command_set(*wanted.allow_full_scsi_command_set());
  }
  if (const auto mode = wanted.console_mode(); mode.has_value()) system.set_console_mode(static_cast<uint32_t>(*mode));
  if (wanted.debug_channel_id().has_value()) system.set_debug_channel_id(*wanted.debug_channel_id());
  if (wanted.debug_port().has_value()) system.set_debug_port(*wanted.debug_port());
  if (const auto mode = wanted.debug_port_enabled(); mode.has_value()) {
    system.set_debug_port_enabled(static_cast<uint32_t>(*mode));
  }
  if (const auto type = wanted.enhanced_session_transport_type(); type.has_value()) {
    system.set_enhanced_session_transport(static_cast<uint32_t>(*type));
  }
  if (wanted.guest_controlled_cache_types().has_value()) {
    system.set_guest_controlled_cache_types(*wanted.guest_controlled_cache_types());
  }
  if (wanted.high_mmio_gap_size().has_value()) system.set_high_mmio_gap_mib(*wanted.high_mmio_gap_size());
  if (wanted.low_mmio_gap_size().has_value()) system.set_low_mmio_gap_mib(*wanted.low_mmio_gap_size());
  if (wanted.virtual_numa_enabled().has_value()) system.set_virtual_numa_enabled(*wanted.virtual_numa_enabled());
}

absl::Status Apply(const cim::Instance& instance, int, inventory::Configuration& configuration) {
  const Settings wanted = Settings::View(instance);
  inventory::SystemSettings& system = *configuration.mutable_system();
  if (const absl::Status status = ApplyIdentity(wanted, system); !status.ok()) return status;
  if (const absl::Status status = ApplyActions(wanted, system); !status.ok()) return status;
  ApplyFirmware(wanted, system);
  ApplyPlatform(wanted, system);
  return absl::OkStatus();
}

}  // namespace

SettingsView MakeSystemSettingsView() {
  return {inventory::DeviceKind::kSystem,
          &Count,
          &Render,
          &Apply,
          {{Settings::kInstanceIDSlot, TextMeaning::kSettingsInstanceId},
           {Settings::kVirtualSystemIdentifierSlot, TextMeaning::kMachineId},
           {Settings::kConfigurationIDSlot, TextMeaning::kMachineId},
           {Settings::kElementNameSlot, TextMeaning::kMachineName}}};
}

}  // namespace cimvisor::views
