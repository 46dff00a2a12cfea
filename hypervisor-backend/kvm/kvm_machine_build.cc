// How a KvmMachine is put together from its specification.
#include <algorithm>
#include <system_error>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "hypervisor-backend/kvm/kvm_machine_impl.h"
#include "hypervisor-backend/kvm/probe.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {
namespace {

absl::Status CheckProcessors(uint32_t processors, uint32_t host_limit) {
  const uint32_t limit = std::min(machine::kMaximumProcessors, host_limit);
  if (processors == 0 || processors > limit) {
    return absl::InvalidArgumentError(
        absl::StrCat("a machine on this host has 1 to ", limit, " processors; ", processors, " is not possible"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<KvmMachine>> KvmMachine::Create(machine::MachineSpec spec,
                                                               machine::MachineObserver* observer,
                                                               const machine::ThreadConfinement& confine) {
  auto machine = absl::WrapUnique(new KvmMachine(std::move(spec), observer));
  RETURN_IF_ERROR(machine->Build(confine));
  return machine;
}

KvmMachine::KvmMachine(machine::MachineSpec spec, machine::MachineObserver* observer)
    : spec_(std::move(spec)),
      kvm_fd_(std::exchange(spec_.kvm_fd, -1)),
      kernel_fd_(std::exchange(spec_.kernel_fd, -1)),
      initrd_fd_(std::exchange(spec_.initrd_fd, -1)),
      notifier_(observer) {}

absl::Status KvmMachine::Build(const machine::ThreadConfinement& confine) {
  machine::FileDescriptor memory_fd(std::exchange(spec_.memory_fd, -1));
  if (!kvm_fd_.valid()) return absl::InvalidArgumentError("the machine was given no /dev/kvm");
  RETURN_IF_ERROR(CheckProcessors(spec_.processors, MaximumProcessors(kvm_fd_.get())));
  RETURN_IF_ERROR(OpenBootSource());
  ASSIGN_OR_RETURN(memory_, GuestMemory::Map(std::move(memory_fd), spec_.memory_bytes));
  ASSIGN_OR_RETURN(vm_, Vm::Create(kvm_fd_.get(), *memory_));
  devices_ = std::make_unique<DeviceSet>(spec_, *vm_, *memory_, this, [this] { Wake(); });
  dispatcher_ = std::make_unique<ExitDispatcher>(&devices_->ports(), &devices_->memory_bus(), memory_.get(), this);
  ASSIGN_OR_RETURN(processors_, Processors::Create(kvm_fd_.get(), *vm_, spec_.processors, dispatcher_.get(), confine));
  return StartDeviceThread(confine);
}

absl::Status KvmMachine::OpenBootSource() {
  boot_source_.command_line = spec_.command_line;
  boot_source_.boot_order_text = spec_.boot_order_text;
  if (kernel_fd_.valid()) {
    ASSIGN_OR_RETURN(boot_source_.kernel, image::MakeFileByteSource(kernel_fd_.get(), "the kernel"));
    ASSIGN_OR_RETURN(boot_source_.image, image::InspectBootImage(*boot_source_.kernel));
  }
  if (initrd_fd_.valid()) {
    ASSIGN_OR_RETURN(boot_source_.initrd, image::MakeFileByteSource(initrd_fd_.get(), "the initrd"));
  }
  return CheckBootSource(boot_source_);
}

absl::Status KvmMachine::StartDeviceThread(const machine::ThreadConfinement& confine) {
  // std::thread throws where the host has no more threads; nothing of that may leave this room.
  try {
    device_thread_ = std::thread([this, &confine] { DeviceThreadMain(&confine); });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot make the machine's device thread: ", error.what()));
  }
  absl::MutexLock lock(&wake_mutex_);
  const auto confined = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(wake_mutex_) { return confinement_.has_value(); };
  wake_mutex_.Await(absl::Condition(&confined));
  return *confinement_;
}

KvmMachine::~KvmMachine() {
  if (processors_ != nullptr) {
    absl::MutexLock lock(&action_mutex_);
    if (state() != machine::MachineState::kOff) {
      End(machine::LifeCycleEvent::kTurnOff, machine::EndReason{.kind = machine::EndKind::kTurnedOff});
    }
  }
  {
    absl::MutexLock lock(&wake_mutex_);
    ending_ = true;
  }
  if (device_thread_.joinable()) device_thread_.join();
}

}  // namespace cimvisor::kvm
