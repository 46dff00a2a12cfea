#include "hypervisor-backend/kvm/vcpu.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "hypervisor-backend/kvm/cpuid.h"
#include "hypervisor-backend/kvm/kvm_api.h"
#include "hypervisor-backend/kvm/registers.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {
namespace {

// Model-specific registers that a guest changes and a reset must put back (SDM vol. 4), with the paravirtual ones of
// KVM (Documentation/virt/kvm/x86/msr.rst), which otherwise would go on writing into the guest's memory.
constexpr uint32_t kModelSpecificRegisters[] = {
    0x10,                                // time stamp counter
    0x174,      0x175,      0x176,       // SYSENTER
    0x1a0,                               // miscellaneous enables
    0x277,                               // page attribute table
    0x2ff,                               // default memory type
    0x6e0,                               // TSC deadline
    0xc0000081, 0xc0000082, 0xc0000083,  // STAR, LSTAR, CSTAR
    0xc0000084, 0xc0000102, 0xc0000103,  // SFMASK, KERNEL_GS_BASE, TSC_AUX
    0x11,       0x12,                    // KVM wall clock and system time (old)
    0x4b564d00, 0x4b564d01,              // KVM wall clock and system time
    0x4b564d02, 0x4b564d03, 0x4b564d04,  // asynchronous page faults, steal time, end of interrupt
    0x4b564d05, 0x4b564d06,              // polling control, asynchronous page fault interrupt
};
constexpr uint32_t kMiscellaneousEnables = 0x1a0;
constexpr uint64_t kFastStrings = 1;
constexpr uint32_t kDefaultMemoryType = 0x2ff;
constexpr uint64_t kWriteBackEnabled = 1u << 11 | 6;

// The local APIC's registers for its two pins (SDM vol. 3, §11.5.1) and their delivery modes.
constexpr size_t kLocalVectorLint0 = 0x350;
constexpr size_t kLocalVectorLint1 = 0x360;
constexpr uint32_t kDeliverExternal = 7u << 8;
constexpr uint32_t kDeliverNmi = 4u << 8;

// kvm_msrs with one entry: each register goes alone, so that one which the host lacks spoils no other.
struct OneRegister {
  KvmList list = {.count = 1, .padding = 0};
  kvm_msr_entry entry;
};

bool ReadRegister(int fd, kvm_msr_entry* entry) {
  OneRegister one = {.entry = *entry};
  if (::ioctl(fd, kKvmGetMsrs, &one) != 1) return false;
  *entry = one.entry;
  return true;
}

bool WriteRegister(int fd, const kvm_msr_entry& entry) {
  OneRegister one = {.entry = entry};
  return ::ioctl(fd, kKvmSetMsrs, &one) == 1;
}

void SetLocalVector(kvm_lapic_state* apic, size_t offset, uint32_t value) {
  memcpy(apic->regs + offset, &value, sizeof value);
}

std::atomic_ref<uint8_t> ImmediateExit(kvm_run* run) { return std::atomic_ref<uint8_t>(run->immediate_exit); }

}  // namespace

absl::StatusOr<std::unique_ptr<Vcpu>> Vcpu::Create(int kvm_fd, const Vm& vm, uint32_t index, uint32_t processors) {
  ASSIGN_OR_RETURN(const int run_size, KvmIoctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0ul, "KVM_GET_VCPU_MMAP_SIZE"));
  if (static_cast<size_t>(run_size) < sizeof(kvm_run)) {
    return absl::UnavailableError(absl::StrCat("KVM says that its vCPU page has only ", run_size, " bytes"));
  }
  ASSIGN_OR_RETURN(const int raw,
                   KvmIoctl(vm.fd(), KVM_CREATE_VCPU, static_cast<unsigned long>(index), "KVM_CREATE_VCPU"));
  machine::FileDescriptor fd(raw);
  void* page = ::mmap(nullptr, static_cast<size_t>(run_size), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (page == MAP_FAILED) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot map the page of vCPU ", index, ": ", strerror(errno)));
  }
  auto vcpu =
      absl::WrapUnique(new Vcpu(std::move(fd), index, static_cast<kvm_run*>(page), static_cast<size_t>(run_size)));
  ASSIGN_OR_RETURN(std::vector<kvm_cpuid_entry2> cpuid, SupportedCpuid(kvm_fd));
  const ProcessorDescription description = {
      .index = index,
      .processors = processors,
      .tsc_deadline_timer = KvmCapability(kvm_fd, KVM_CAP_TSC_DEADLINE_TIMER) != 0,
      .brand = HostProcessorBrand()};
  DescribeProcessor(description, &cpuid);
  RETURN_IF_ERROR(SetCpuid(vcpu->fd_.get(), cpuid));
  RETURN_IF_ERROR(vcpu->KeepResetState(kvm_fd));
  return vcpu;
}

Vcpu::~Vcpu() { ::munmap(run_, run_size_); }

absl::Status Vcpu::KeepResetState(int kvm_fd) {
  const int fd = fd_.get();
  RETURN_IF_ERROR(KvmCall(fd, KVM_GET_REGS, &reset_registers_, "KVM_GET_REGS"));
  RETURN_IF_ERROR(KvmCall(fd, KVM_GET_SREGS, &reset_system_, "KVM_GET_SREGS"));
  RETURN_IF_ERROR(KvmCall(fd, KVM_GET_FPU, &reset_fpu_, "KVM_GET_FPU"));
  RETURN_IF_ERROR(KvmCall(fd, KVM_GET_LAPIC, &reset_apic_, "KVM_GET_LAPIC"));
  RETURN_IF_ERROR(KvmCall(fd, KVM_GET_VCPU_EVENTS, &reset_events_, "KVM_GET_VCPU_EVENTS"));
  RETURN_IF_ERROR(KvmCall(fd, KVM_GET_DEBUGREGS, &reset_debug_, "KVM_GET_DEBUGREGS"));
  if (KvmCapability(kvm_fd, KVM_CAP_XSAVE) != 0) {
    reset_xsave_ = std::make_unique<KvmXsave>();
    RETURN_IF_ERROR(KvmCall(fd, kKvmGetXsave, reset_xsave_.get(), "KVM_GET_XSAVE"));
  }
  if (KvmCapability(kvm_fd, KVM_CAP_XCRS) != 0) {
    reset_xcrs_ = std::make_unique<kvm_xcrs>();
    RETURN_IF_ERROR(KvmCall(fd, KVM_GET_XCRS, reset_xcrs_.get(), "KVM_GET_XCRS"));
  }
  KeepModelSpecificRegisters();
  WireLocalInterrupts();
  return absl::OkStatus();
}

void Vcpu::KeepModelSpecificRegisters() {
  for (const uint32_t number : kModelSpecificRegisters) {
    kvm_msr_entry entry = {.index = number, .reserved = 0, .data = 0};
    if (!ReadRegister(fd_.get(), &entry)) continue;
    // What firmware would set, for guests that come without it.
    if (number == kMiscellaneousEnables) entry.data |= kFastStrings;
    if (number == kDefaultMemoryType) entry.data = kWriteBackEnabled;
    reset_msrs_.push_back(entry);
  }
}

void Vcpu::WireLocalInterrupts() {
  // As firmware leaves it in virtual wire mode (MultiProcessor Specification 1.4, §3.6.2.2).
  if (index_ == 0) SetLocalVector(&reset_apic_, kLocalVectorLint0, kDeliverExternal);
  SetLocalVector(&reset_apic_, kLocalVectorLint1, kDeliverNmi);
}

absl::Status Vcpu::Reset() const {
  const int fd = fd_.get();
  const kvm_mp_state state = {
      .mp_state = static_cast<uint32_t>(index_ == 0 ? KVM_MP_STATE_RUNNABLE : KVM_MP_STATE_UNINITIALIZED)};
  RETURN_IF_ERROR(KvmCall(fd, KVM_SET_MP_STATE, &state, "KVM_SET_MP_STATE"));
  RETURN_IF_ERROR(KvmCall(fd, KVM_SET_REGS, &reset_registers_, "KVM_SET_REGS"));
  RETURN_IF_ERROR(KvmCall(fd, KVM_SET_SREGS, &reset_system_, "KVM_SET_SREGS"));
  RETURN_IF_ERROR(KvmCall(fd, KVM_SET_FPU, &reset_fpu_, "KVM_SET_FPU"));
  if (reset_xcrs_ != nullptr) RETURN_IF_ERROR(KvmCall(fd, KVM_SET_XCRS, reset_xcrs_.get(), "KVM_SET_XCRS"));
  if (reset_xsave_ != nullptr) RETURN_IF_ERROR(KvmCall(fd, kKvmSetXsave, reset_xsave_.get(), "KVM_SET_XSAVE"));
  // One that the host lets read and not write keeps its value.
  for (const kvm_msr_entry& entry : reset_msrs_) (void)WriteRegister(fd, entry);
  RETURN_IF_ERROR(KvmCall(fd, KVM_SET_LAPIC, &reset_apic_, "KVM_SET_LAPIC"));
  RETURN_IF_ERROR(KvmCall(fd, KVM_SET_VCPU_EVENTS, &reset_events_, "KVM_SET_VCPU_EVENTS"));
  return KvmCall(fd, KVM_SET_DEBUGREGS, &reset_debug_, "KVM_SET_DEBUGREGS");
}

absl::Status Vcpu::SetStart(const StartState& start) const {
  const kvm_sregs system = StartSystemRegisters(start, reset_system_);
  RETURN_IF_ERROR(KvmCall(fd_.get(), KVM_SET_SREGS, &system, "KVM_SET_SREGS"));
  const kvm_regs registers = StartRegisters(start);
  return KvmCall(fd_.get(), KVM_SET_REGS, &registers, "KVM_SET_REGS");
}

int Vcpu::Enter() { return ::ioctl(fd_.get(), KVM_RUN, 0) == 0 ? 0 : errno; }

bool Vcpu::FinishAccess() {
  ImmediateExit(run_).store(1, std::memory_order_relaxed);
  return Enter() != 0;
}

void Vcpu::RequestExit() { ImmediateExit(run_).store(1, std::memory_order_relaxed); }

void Vcpu::ForgetExitRequest() { ImmediateExit(run_).store(0, std::memory_order_relaxed); }

std::string Vcpu::DumpRegisters() const {
  kvm_regs registers = {};
  kvm_sregs system = {};
  if (::ioctl(fd_.get(), KVM_GET_REGS, &registers) != 0 || ::ioctl(fd_.get(), KVM_GET_SREGS, &system) != 0) {
    return absl::StrCat("vcpu ", index_, ": its registers cannot be read\n");
  }
  return absl::StrCat("vcpu ", index_, "\n", FormatRegisters(registers, system));
}

Vcpu::InstructionPlace Vcpu::WhereIsInstruction() const {
  kvm_regs registers = {};
  kvm_sregs system = {};
  InstructionPlace place;
  if (::ioctl(fd_.get(), KVM_GET_REGS, &registers) != 0 || ::ioctl(fd_.get(), KVM_GET_SREGS, &system) != 0)
    return place;
  place.linear = system.cs.base + registers.rip;
  kvm_translation translation = {};
  translation.linear_address = place.linear;
  if (::ioctl(fd_.get(), KVM_TRANSLATE, &translation) == 0 && translation.valid != 0) {
    place.physical = translation.physical_address;
    place.mapped = true;
  }
  return place;
}

}  // namespace cimvisor::kvm
