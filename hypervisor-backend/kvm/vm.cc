#include "hypervisor-backend/kvm/vm.h"

#include <sys/ioctl.h>

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "hypervisor-backend/kvm/kvm_api.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {
namespace {

// Four pages that Intel's hardware needs for itself, below the place of a firmware ROM and outside all memory
// (KVM_SET_TSS_ADDR: three; KVM_SET_IDENTITY_MAP_ADDR: one).
constexpr uint64_t kIdentityMapAddress = 0xfffbc000;
constexpr uint64_t kTaskStateAddress = 0xfffbd000;
constexpr int kKvmApiVersion = 12;

}  // namespace

absl::StatusOr<std::unique_ptr<Vm>> Vm::Create(int kvm_fd, const GuestMemory& memory) {
  ASSIGN_OR_RETURN(const int version, KvmIoctl(kvm_fd, KVM_GET_API_VERSION, 0ul, "KVM_GET_API_VERSION"));
  if (version != kKvmApiVersion) {
    return absl::UnavailableError(absl::StrCat("this host's KVM has API version ", version, "; 12 is needed"));
  }
  ASSIGN_OR_RETURN(const int fd, KvmIoctl(kvm_fd, KVM_CREATE_VM, 0ul, "KVM_CREATE_VM"));
  auto vm = absl::WrapUnique(new Vm(machine::FileDescriptor(fd)));
  RETURN_IF_ERROR(KvmCall(fd, KVM_SET_IDENTITY_MAP_ADDR, &kIdentityMapAddress, "KVM_SET_IDENTITY_MAP_ADDR"));
  RETURN_IF_ERROR(KvmCall(fd, KVM_SET_TSS_ADDR, kTaskStateAddress, "KVM_SET_TSS_ADDR"));
  uint32_t slot = 0;
  for (const MemoryRegion& region : memory.regions()) {
    const kvm_userspace_memory_region description = {
        .slot = slot++,
        .flags = 0,
        .guest_phys_addr = region.guest_address,
        .memory_size = region.size,
        .userspace_addr = reinterpret_cast<uint64_t>(region.host_address),
    };
    RETURN_IF_ERROR(KvmCall(fd, KVM_SET_USER_MEMORY_REGION, &description, "KVM_SET_USER_MEMORY_REGION"));
  }
  RETURN_IF_ERROR(KvmCall(fd, KVM_CREATE_IRQCHIP, 0ul, "KVM_CREATE_IRQCHIP"));
  const kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY, .pad = {}};
  RETURN_IF_ERROR(KvmCall(fd, KVM_CREATE_PIT2, &pit, "KVM_CREATE_PIT2"));
  RETURN_IF_ERROR(vm->KeepInitialState());
  return vm;
}

absl::Status Vm::KeepInitialState() {
  for (uint32_t i = 0; i < initial_chips_.size(); ++i) {
    initial_chips_[i].chip_id = i;  // KVM_IRQCHIP_PIC_MASTER, KVM_IRQCHIP_PIC_SLAVE, KVM_IRQCHIP_IOAPIC
    RETURN_IF_ERROR(KvmCall(fd(), KVM_GET_IRQCHIP, &initial_chips_[i], "KVM_GET_IRQCHIP"));
  }
  return KvmCall(fd(), KVM_GET_PIT2, &initial_pit_, "KVM_GET_PIT2");
}

void Vm::SetInterruptLine(uint32_t line, bool level) const {
  kvm_irq_level request = {};
  request.irq = line;
  request.level = level ? 1 : 0;
  // Fails only for a line that does not exist.
  (void)::ioctl(fd(), KVM_IRQ_LINE, &request);
}

absl::Status Vm::Reset() const {
  for (const kvm_irqchip& chip : initial_chips_) {
    RETURN_IF_ERROR(KvmCall(fd(), KVM_SET_IRQCHIP, &chip, "KVM_SET_IRQCHIP"));
  }
  return KvmCall(fd(), KVM_SET_PIT2, &initial_pit_, "KVM_SET_PIT2");
}

}  // namespace cimvisor::kvm
