// Msvm_MemorySettingData: quantities in MB ("byte * 2^20").
#include <utility>

#include "providers/schema/msvm_v2/settings.h"
#include "providers/virtualization_v2/resource_values.h"
#include "providers/virtualization_v2/settings_rows.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using Memory = v2::MemorySettingData;

constexpr ResourceTraits kTraits = {inventory::DeviceKind::kMemory,
                                    4,
                                    "Microsoft:Hyper-V:Memory",
                                    "Memory",
                                    "Settings for Microsoft Virtual Machine Memory.",
                                    "byte * 2^20",
                                    "byte * 2^20"};

int Count(const inventory::MachineRecord&) { return 1; }

InstancePointer Render(const ViewContext& context, const inventory::MachineRecord& machine, int number,
                       const cim::PropertySet& properties) {
  const inventory::MemorySettings& settings = machine.configuration().memory();
  Memory memory(context.classes.memory_settings);
  FillResource(kTraits, machine, number, properties, memory);
  memory.set_virtual_quantity(settings.quantity_mib());
  memory.set_reservation(settings.reservation_mib());
  memory.set_limit(settings.limit_mib());
  memory.set_weight(settings.weight());
  memory.set_dynamic_memory_enabled(settings.dynamic());
  memory.set_target_memory_buffer(settings.target_buffer_percent());
  memory.set_huge_pages_enabled(settings.huge_pages());
  memory.set_max_memory_blocks_per_numa_node(settings.max_blocks_per_numa_node());
  memory.set_is_virtualized(true);
  memory.set_swap_files_in_use(false);
  memory.set_sgx_enabled(false);
  memory.set_sgx_size(0);
  return std::move(memory).Take();
}

absl::Status Apply(const cim::Instance& wanted, int, inventory::Configuration& configuration) {
  inventory::MemorySettings& settings = *configuration.mutable_memory();
  const Memory memory = Memory::View(wanted);
  if (memory.virtual_quantity().has_value()) settings.set_quantity_mib(*memory.virtual_quantity());
  if (memory.weight().has_value()) settings.set_weight(*memory.weight());
  // Slots behind those of CIM_ResourceAllocationSettingData are this class's own.
  const bool is_own_class = wanted.cls().IsA(Memory::kClassName);
  if (is_own_class && memory.dynamic_memory_enabled().has_value()) {
    settings.set_dynamic(*memory.dynamic_memory_enabled());
  }
  // Static memory is reserved as a whole: minimum and maximum follow the quantity unless they are given.
  if (!settings.dynamic() && memory.virtual_quantity().has_value()) {
    settings.set_reservation_mib(settings.quantity_mib());
    settings.set_limit_mib(settings.quantity_mib());
  }
  if (memory.reservation().has_value()) settings.set_reservation_mib(*memory.reservation());
  if (memory.limit().has_value()) settings.set_limit_mib(*memory.limit());
  if (!is_own_class) return absl::OkStatus();
  if (memory.target_memory_buffer().has_value()) settings.set_target_buffer_percent(*memory.target_memory_buffer());
  if (memory.huge_pages_enabled().has_value()) settings.set_huge_pages(*memory.huge_pages_enabled());
  if (memory.max_memory_blocks_per_numa_node().has_value()) {
    settings.set_max_blocks_per_numa_node(*memory.max_memory_blocks_per_numa_node());
  }
  return absl::OkStatus();
}

}  // namespace

SettingsView MakeMemorySettingsView() {
  return {inventory::DeviceKind::kMemory,
          &Count,
          &Render,
          &Apply,
          {{Memory::kInstanceIDSlot, TextMeaning::kSettingsInstanceId}}};
}

}  // namespace cimvisor::views
