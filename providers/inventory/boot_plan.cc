#include "providers/inventory/boot_plan.h"

#include <array>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/image/boot_image.h"
#include "hypervisor-backend/image/byte_source.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "providers/inventory/errors.h"

namespace cimvisor::inventory {
namespace {

const std::vector<std::string>& BootRoots() {
  static const std::vector<std::string>* const roots = new std::vector<std::string>{"boot"};
  return *roots;
}

absl::StatusOr<security::OpenedPath> OpenBootFile(const security::RootedPaths& paths, absl::string_view what,
                                                  const std::string& path, security::FileAccess access) {
  absl::StatusOr<security::OpenedPath> opened = paths.Open(path, access, BootRoots());
  if (opened.ok()) return opened;
  const ErrorKind kind = absl::IsNotFound(opened.status()) ? ErrorKind::kFileNotFound : KindOf(opened.status());
  return InventoryError(kind, absl::StrCat("the ", what, ": ", opened.status().message()));
}

// Refuses a kernel that this host cannot run.
absl::Status CheckHost(const machine::HostCapabilities& host, bool small_guest, bool allow_on_small_guests,
                       const std::string& kernel) {
  if (host.verdict == machine::HostVerdict::kNone) {
    return InventoryError(ErrorKind::kNotSupported,
                          absl::StrCat("this host cannot run virtual machines: ", host.advice));
  }
  if (host.verdict != machine::HostVerdict::kSmallGuests || small_guest || allow_on_small_guests) {
    return absl::OkStatus();
  }
  std::string failed;
  for (const machine::ProbeResult& probe : host.probes) {
    if (!probe.passed) absl::StrAppend(&failed, failed.empty() ? "" : ", ", probe.name);
  }
  return InventoryError(
      ErrorKind::kNotSupported,
      absl::StrCat("the kernel ", kernel, " is not started, because this host can run small guests only",
                   failed.empty() ? "" : absl::StrCat(": its virtualization fails at ", failed),
                   ". Allow the kernel on small guests to try it anyway, or use another host"));
}

// What the settings ask for and this backend does not have.
std::vector<std::string> WarningsOf(const Configuration& configuration) {
  std::vector<std::string> warnings;
  const MemorySettings& memory = configuration.memory();
  const ProcessorSettings& processor = configuration.processor();
  if (memory.dynamic()) {
    warnings.push_back(
        absl::StrCat("dynamic memory is not supported: the machine has ", memory.quantity_mib(), " MiB all the time"));
  }
  if (memory.huge_pages()) warnings.push_back("huge pages are not supported: the memory has pages of the usual size");
  if (processor.reservation() > 0 || processor.limit() < 100000) {
    warnings.push_back("the reservation and the limit of the processors are not enforced");
  }
  if (processor.expose_virtualization()) {
    warnings.push_back("nested virtualization is not supported: the guest sees no virtualization extensions");
  }
  if (configuration.system().secure_boot_enabled()) {
    warnings.push_back("secure boot is not supported: the kernel is started unverified");
  }
  for (const SerialPortSettings& port : configuration.serial_ports()) {
    if (port.connection().empty()) continue;
    warnings.push_back(absl::StrCat("the connection ", port.connection(), " of the serial port ", port.name(),
                                    " is not served: attach to the port through the console service"));
  }
  return warnings;
}

std::string BootOrderText(const Configuration& configuration) {
  constexpr std::array<absl::string_view, 5> kDevices = {"diskette", "CD-ROM", "IDE hard disk", "network",
                                                         "SCSI hard disk"};
  std::string text = absl::StrCat("Machine \"", configuration.system().name(), "\"\nBoot order:\n");
  for (uint32_t device : configuration.system().boot_order()) {
    if (device < kDevices.size()) absl::StrAppend(&text, "  ", kDevices[device], ": no medium to boot from\n");
  }
  absl::StrAppend(&text, "  Linux kernel: none is set\n");
  return text;
}

}  // namespace

machine::MachineSpec BootPlan::TakeSpec(const MachineRecord& record) {
  const Configuration& configuration = record.configuration();
  machine::MachineSpec spec;
  spec.machine_id = record.id();
  spec.name = configuration.system().name();
  spec.memory_bytes = configuration.memory().quantity_mib() << 20;
  spec.processors = configuration.processor().count();
  spec.kernel_fd = kernel.Release();
  spec.initrd_fd = initrd.Release();
  spec.command_line = configuration.linux_kernel().command_line();
  spec.boot_order_text = BootOrderText(configuration);
  // The console service is at the far end of each port, also of one without a connection of its own.
  spec.serial_ports.assign(static_cast<size_t>(configuration.serial_ports_size()), {.connected = true});
  return spec;
}

absl::Status CheckBootPaths(const Configuration& configuration, const security::RootedPaths& paths) {
  const LinuxKernelSettings& settings = configuration.linux_kernel();
  const auto check = [&](absl::string_view what, const std::string& path) {
    if (path.empty()) return absl::OkStatus();
    const absl::Status status = OpenBootFile(paths, what, path, security::FileAccess::kOnlyFind).status();
    return !status.ok() && KindOf(status) == ErrorKind::kFileNotFound ? absl::OkStatus() : status;
  };
  RETURN_IF_ERROR(check("kernel", settings.kernel_path()));
  return check("initrd", settings.initrd_path());
}

absl::StatusOr<BootPlan> PlanBoot(const MachineRecord& record, const security::RootedPaths& paths,
                                  const std::string& default_kernel, const machine::HostCapabilities& host) {
  const Configuration& configuration = record.configuration();
  const LinuxKernelSettings& settings = configuration.linux_kernel();
  const std::string& kernel_path = configuration.has_linux_kernel() ? settings.kernel_path() : default_kernel;
  BootPlan plan;
  plan.warnings = WarningsOf(configuration);
  if (kernel_path.empty()) {
    RETURN_IF_ERROR(CheckHost(host, true, false, "built in"));
    return plan;
  }
  ASSIGN_OR_RETURN(security::OpenedPath kernel,
                   OpenBootFile(paths, "kernel", kernel_path, security::FileAccess::kRead));
  ASSIGN_OR_RETURN(const std::unique_ptr<image::ByteSource> source,
                   image::MakeFileByteSource(kernel.fd.get(), "the kernel"));
  const absl::StatusOr<image::BootImage> boot_image = image::InspectBootImage(*source);
  if (!boot_image.ok()) return WithContext(boot_image.status(), kernel.path);
  RETURN_IF_ERROR(CheckHost(host, boot_image->small_guest, settings.allow_on_small_guests(), kernel.path));
  plan.kernel = std::move(kernel.fd);
  if (settings.initrd_path().empty()) return plan;
  ASSIGN_OR_RETURN(security::OpenedPath initrd,
                   OpenBootFile(paths, "initrd", settings.initrd_path(), security::FileAccess::kRead));
  if (initrd.size == 0) {
    return InventoryError(ErrorKind::kInvalidParameter,
                          absl::StrCat("the initrd ", initrd.path, " is empty: give another, or none"));
  }
  plan.initrd = std::move(initrd.fd);
  return plan;
}

}  // namespace cimvisor::inventory
