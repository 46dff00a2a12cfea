// Msvm_ProcessorSettingData: VirtualQuantity counts processors; Reservation and Limit are thousandths of a percent.
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "providers/inventory/errors.h"
#include "providers/schema/msvm_v2/settings.h"
#include "providers/virtualization_v2/resource_values.h"
#include "providers/virtualization_v2/settings_rows.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using Processor = v2::ProcessorSettingData;

constexpr ResourceTraits kTraits = {inventory::DeviceKind::kProcessor,
                                    3,
                                    "Microsoft:Hyper-V:Processor",
                                    "Processor",
                                    "Settings for Microsoft Virtual Processor.",
                                    "percent / 1000",
                                    "count"};

int Count(const inventory::MachineRecord&) { return 1; }

InstancePointer Render(const ViewContext& context, const inventory::MachineRecord& machine, int number,
                       const cim::PropertySet& properties) {
  const inventory::ProcessorSettings& settings = machine.configuration().processor();
  Processor processor(context.classes.processor_settings);
  FillResource(kTraits, machine, number, properties, processor);
  processor.set_virtual_quantity(settings.count());
  processor.set_reservation(settings.reservation());
  processor.set_limit(settings.limit());
  processor.set_weight(settings.weight());
  processor.set_limit_processor_features(settings.limit_features());
  processor.set_limit_cpuid(settings.limit_cpuid());
  processor.set_expose_virtualization_extensions(settings.expose_virtualization());
  processor.set_hide_hypervisor_present(settings.hide_hypervisor());
  processor.set_enable_host_resource_protection(settings.host_resource_protection());
  processor.set_hw_threads_per_core(settings.threads_per_core());
  processor.set_max_processors_per_numa_node(settings.max_processors_per_numa_node());
  processor.set_max_numa_nodes_per_socket(settings.max_numa_nodes_per_socket());
  if (properties.Contains(Processor::kCpuGroupIdSlot)) processor.set_cpu_group_id(settings.cpu_group_id());
  processor.set_allow_a_count_m_count(false);
  processor.set_disable_speculation_controls(false);
  processor.set_enable_legacy_apic_mode(false);
  processor.set_enable_perfmon_arch_pmu(false);
  processor.set_enable_perfmon_ipt(false);
  processor.set_enable_perfmon_lbr(false);
  processor.set_enable_perfmon_pebs(false);
  processor.set_enable_perfmon_pmu(false);
  processor.set_enable_socket_topology(false);
  return std::move(processor).Take();
}

absl::Status Apply(const cim::Instance& wanted, int, inventory::Configuration& configuration) {
  inventory::ProcessorSettings& settings = *configuration.mutable_processor();
  const Processor processor = Processor::View(wanted);
  if (const auto count = processor.virtual_quantity(); count.has_value()) {
    if (*count > std::numeric_limits<uint32_t>::max()) {
      return inventory::InventoryError(inventory::ErrorKind::kInvalidParameter,
                                       absl::StrCat("VirtualQuantity ", *count, " is no number of processors"));
    }
    settings.set_count(static_cast<uint32_t>(*count));
  }
  if (processor.reservation().has_value()) settings.set_reservation(*processor.reservation());
  if (processor.limit().has_value()) settings.set_limit(*processor.limit());
  if (processor.weight().has_value()) settings.set_weight(*processor.weight());
  if (!wanted.cls().IsA(Processor::kClassName)) return absl::OkStatus();
  if (processor.limit_processor_features().has_value()) {
    settings.set_limit_features(*processor.limit_processor_features());
  }
  if (processor.limit_cpuid().has_value()) settings.set_limit_cpuid(*processor.limit_cpuid());
  if (processor.expose_virtualization_extensions().has_value()) {
    settings.set_expose_virtualization(*processor.expose_virtualization_extensions());
  }
  if (processor.hide_hypervisor_present().has_value()) {
    settings.set_hide_hypervisor(*processor.hide_hypervisor_present());
  }
  if (processor.enable_host_resource_protection().has_value()) {
    settings.set_host_resource_protection(*processor.enable_host_resource_protection());
  }
  if (processor.hw_threads_per_core().has_value()) settings.set_threads_per_core(*processor.hw_threads_per_core());
  if (processor.max_processors_per_numa_node().has_value()) {
    settings.set_max_processors_per_numa_node(*processor.max_processors_per_numa_node());
  }
  if (processor.max_numa_nodes_per_socket().has_value()) {
    settings.set_max_numa_nodes_per_socket(*processor.max_numa_nodes_per_socket());
  }
  if (processor.cpu_group_id().has_value()) settings.set_cpu_group_id(std::string(*processor.cpu_group_id()));
  return absl::OkStatus();
}

}  // namespace

SettingsView MakeProcessorSettingsView() {
  return {inventory::DeviceKind::kProcessor,
          &Count,
          &Render,
          &Apply,
          {{Processor::kInstanceIDSlot, TextMeaning::kSettingsInstanceId}}};
}

}  // namespace cimvisor::views
