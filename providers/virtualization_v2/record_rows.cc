#include "providers/virtualization_v2/record_rows.h"

#include "providers/schema/msvm_v2/settings.h"
#include "providers/schema/msvm_v2/system.h"
#include "providers/virtualization_v2/machine_values.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using cim::Scalar;
using System = v2::ComputerSystem;
using Settings = v2::VirtualSystemSettingData;
using Memory = v2::MemorySettingData;
using Processor = v2::ProcessorSettingData;

bool Tell(Scalar* value, const Scalar& scalar) {
  *value = scalar;
  return true;
}

bool ReadSystemSettings(const inventory::MachineRecord& machine, int slot, Scalar* value) {
  switch (slot) {
    case Settings::kElementNameSlot:
      return Tell(value, Scalar::Text(machine.configuration().system().name()));
    case Settings::kVirtualSystemIdentifierSlot:
    case Settings::kConfigurationIDSlot:
      return Tell(value, Scalar::Text(machine.id()));
    case Settings::kAutomaticStartupActionSlot:
      return Tell(value, Scalar::Unsigned(static_cast<uint64_t>(machine.configuration().system().startup_action())));
    case Settings::kAutomaticShutdownActionSlot:
      return Tell(value, Scalar::Unsigned(static_cast<uint64_t>(machine.configuration().system().shutdown_action())));
    case Settings::kAutomaticRecoveryActionSlot:
      return Tell(value, Scalar::Unsigned(static_cast<uint64_t>(machine.configuration().system().recovery_action())));
    default:
      return false;
  }
}

bool ReadMemory(const inventory::MemorySettings& memory, int slot, Scalar* value) {
  switch (slot) {
    case Memory::kVirtualQuantitySlot:
      return Tell(value, Scalar::Unsigned(memory.quantity_mib()));
    case Memory::kReservationSlot:
      return Tell(value, Scalar::Unsigned(memory.reservation_mib()));
    case Memory::kLimitSlot:
      return Tell(value, Scalar::Unsigned(memory.limit_mib()));
    case Memory::kDynamicMemoryEnabledSlot:
      return Tell(value, Scalar::Boolean(memory.dynamic()));
    default:
      return false;
  }
}

bool ReadProcessor(const inventory::ProcessorSettings& processor, int slot, Scalar* value) {
  if (slot == Processor::kVirtualQuantitySlot) return Tell(value, Scalar::Unsigned(processor.count()));
  return false;
}

}  // namespace

bool MachineRow::Read(int slot, Scalar* value) const {
  switch (slot) {
    case System::kNameSlot:
      return Tell(value, Scalar::Text(machine_.id()));
    case System::kElementNameSlot:
      return Tell(value, Scalar::Text(machine_.configuration().system().name()));
    case System::kCreationClassNameSlot:
      return Tell(value, Scalar::Text(System::kClassName));
    case System::kEnabledStateSlot:
      return Tell(value, Scalar::Unsigned(static_cast<uint64_t>(machine_.runtime().state())));
    case System::kProcessIDSlot:
      return Tell(value, Scalar::Unsigned(HasWorker(machine_) ? machine_.runtime().launch().worker_process_id() : 0));
    case System::kCaptionSlot:
      return Tell(value, Scalar::Text(kMachineCaption));
    case System::kDescriptionSlot:
      return Tell(value, Scalar::Text(kMachineDescription));
    case System::kHealthStateSlot:
      return Tell(value, Scalar::Unsigned(HealthStateOf(machine_)));
    default:
      return false;
  }
}

bool SettingsRow::Read(int slot, Scalar* value) const {
  switch (kind_) {
    case inventory::DeviceKind::kSystem:
      return ReadSystemSettings(machine_, slot, value);
    case inventory::DeviceKind::kMemory:
      return ReadMemory(machine_.configuration().memory(), slot, value);
    case inventory::DeviceKind::kProcessor:
      return ReadProcessor(machine_.configuration().processor(), slot, value);
    default:
      return false;
  }
}

}  // namespace cimvisor::views
