// Cimvisor_LinuxKernelSettingData: what a machine boots, when it has one. Paths are the server's, below its roots.
#include <string>
#include <utility>

#include "providers/schema/msvm_v2/cimvisor.h"
#include "providers/virtualization_v2/resource_values.h"
#include "providers/virtualization_v2/settings_rows.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using Kernel = v2::CimvisorLinuxKernelSettingData;

constexpr ResourceTraits kTraits = {inventory::DeviceKind::kLinuxKernel,
                                    1,
                                    "Cimvisor:Linux Kernel",
                                    "Linux Kernel",
                                    "Settings for the Linux kernel that the machine boots",
                                    "count",
                                    "count"};

int Count(const inventory::MachineRecord& machine) { return machine.configuration().has_linux_kernel() ? 1 : 0; }

InstancePointer Render(const ViewContext& context, const inventory::MachineRecord& machine, int number,
                       const cim::PropertySet& properties) {
  const inventory::LinuxKernelSettings& settings = machine.configuration().linux_kernel();
  Kernel kernel(context.classes.linux_kernel_settings);
  FillResource(kTraits, machine, number, properties, kernel);
  kernel.set_virtual_quantity(1);
  if (properties.Contains(Kernel::kKernelPathSlot)) kernel.set_kernel_path(settings.kernel_path());
  if (properties.Contains(Kernel::kInitrdPathSlot)) kernel.set_initrd_path(settings.initrd_path());
  if (properties.Contains(Kernel::kCommandLineSlot)) kernel.set_command_line(settings.command_line());
  kernel.set_allow_on_small_guests_host(settings.allow_on_small_guests());
  return std::move(kernel).Take();
}

absl::Status Apply(const cim::Instance& wanted, int, inventory::Configuration& configuration) {
  if (!wanted.cls().IsA(Kernel::kClassName)) return absl::OkStatus();
  inventory::LinuxKernelSettings& settings = *configuration.mutable_linux_kernel();
  const Kernel kernel = Kernel::View(wanted);
  if (const auto path = kernel.kernel_path(); path.has_value()) settings.set_kernel_path(std::string(*path));
  if (const auto path = kernel.initrd_path(); path.has_value()) settings.set_initrd_path(std::string(*path));
  if (const auto text = kernel.command_line(); text.has_value()) settings.set_command_line(std::string(*text));
  if (kernel.IsMentioned(Kernel::kAllowOnSmallGuestsHostSlot) && kernel.allow_on_small_guests_host().has_value()) {
    settings.set_allow_on_small_guests(*kernel.allow_on_small_guests_host());
  }
  return absl::OkStatus();
}

}  // namespace

SettingsView MakeLinuxKernelSettingsView() {
  return {inventory::DeviceKind::kLinuxKernel,
          &Count,
          &Render,
          &Apply,
          {{Kernel::kInstanceIDSlot, TextMeaning::kSettingsInstanceId}}};
}

}  // namespace cimvisor::views
