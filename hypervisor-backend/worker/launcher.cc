#include "hypervisor-backend/worker/launcher.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cimvisor/worker/v1/worker.pb.h"
#include "hypervisor-backend/machine/counters.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "hypervisor-backend/worker/descriptor_table.h"
#include "hypervisor-backend/worker/messages.h"
#include "hypervisor-backend/worker/wire.h"

namespace cimvisor::worker {
namespace {

constexpr uint64_t kMemoryUnit = 2 * 1024 * 1024;

// A memfd of `bytes` that can be neither shrunk nor grown, so that its mappings never fault.
absl::StatusOr<machine::FileDescriptor> MakeSealedFile(const char* name, uint64_t bytes) {
  machine::FileDescriptor file(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.valid()) return absl::ErrnoToStatus(errno, absl::StrCat("cannot make ", name));
  if (ftruncate(file.get(), static_cast<off_t>(bytes)) != 0 ||
      fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot make ", name, " of ", bytes, " bytes"));
  }
  return file;
}

absl::StatusOr<machine::FileDescriptor> WriteSpec(const v1::LaunchSpec& spec) {
  std::string bytes;
  RETURN_IF_ERROR(AppendFrame(spec, &bytes));
  machine::FileDescriptor file(memfd_create("cimvisor-spec", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.valid() || write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
      fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    return absl::ErrnoToStatus(errno, "cannot write the spec for a worker");
  }
  return file;
}

}  // namespace

absl::Status CheckSpec(const machine::MachineSpec& spec) {
  if (spec.memory_bytes == 0 || spec.memory_bytes % kMemoryUnit != 0) {
    return absl::InvalidArgumentError(absl::StrCat("the memory of machine ", spec.machine_id, ", ", spec.memory_bytes,
                                                   " bytes, is not a multiple of 2 MiB above 0"));
  }
  if (spec.processors == 0 || spec.processors > machine::kMaximumProcessors) {
    return absl::InvalidArgumentError(absl::StrCat("machine ", spec.machine_id, " has ", spec.processors,
                                                   " processors, not 1 to ", machine::kMaximumProcessors));
  }
  if (spec.serial_ports.size() > kMaxSerialPorts) {
    return absl::InvalidArgumentError(absl::StrCat("machine ", spec.machine_id, " has ", spec.serial_ports.size(),
                                                   " serial ports, more than ", kMaxSerialPorts));
  }
  return absl::OkStatus();
}

absl::StatusOr<machine::FileDescriptor> OpenKvm(const std::string& device) {
  machine::FileDescriptor kvm(open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (kvm.valid()) return kvm;
  switch (errno) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return absl::NotFoundError(absl::StrCat(
          device,
          " is absent: the processor's virtualization is off or its module is not loaded. Switch on VT-x or "
          "AMD-V in the firmware (or nested virtualization on the outer host), then: modprobe kvm_intel, or modprobe "
          "kvm_amd"));
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(absl::StrCat(
          device,
          " may not be opened by this user: add the service's user to the group kvm (usermod -aG kvm USER) and "
          "start it again, or, in a container, hand the device in"));
    default:
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", device));
  }
}

absl::StatusOr<SpawnedProcess> StartWorker(const LaunchRequest& request, const LaunchDirectory& directory) {
  machine::MachineSpec spec = request.spec;
  machine::FileDescriptor kvm;
  if (!request.kvm_device.empty()) {
    ASSIGN_OR_RETURN(kvm, OpenKvm(request.kvm_device));
    spec.kvm_fd = kvm.get();
  }
  ASSIGN_OR_RETURN(const machine::FileDescriptor memory, MakeSealedFile("cimvisor-memory", spec.memory_bytes));
  ASSIGN_OR_RETURN(const machine::FileDescriptor counters,
                   MakeSealedFile("cimvisor-counters", machine::kCountersPageSize));
  v1::LaunchSpec wire = SpecToWire(spec, request.identity);
  wire.set_boot_id(request.boot_id);
  wire.set_user_id(request.user_id);
  wire.set_controller_user_id(geteuid());
  ASSIGN_OR_RETURN(const machine::FileDescriptor spec_file, WriteSpec(wire));
  ASSIGN_OR_RETURN(const machine::FileDescriptor listener, directory.MakeListener());
  ASSIGN_OR_RETURN(const machine::FileDescriptor record, directory.OpenRecord(/*writable=*/true));
  ASSIGN_OR_RETURN(const machine::FileDescriptor log, directory.OpenLog());
  std::vector<HandedDescriptor> handed = {
      {log.get(), kLog},       {spec_file.get(), kSpec},    {listener.get(), kListener},
      {record.get(), kRecord}, {counters.get(), kCounters}, {memory.get(), kMemory},
  };
  if (spec.kvm_fd >= 0) handed.push_back({spec.kvm_fd, kKvm});
  if (spec.kernel_fd >= 0) handed.push_back({spec.kernel_fd, kKernel});
  if (spec.initrd_fd >= 0) handed.push_back({spec.initrd_fd, kInitrd});
  return Spawn(request.program, {"--machine"}, handed);
}

}  // namespace cimvisor::worker
