// One virtual processor as the kernel knows it: its state, and one stay in the guest at a time.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_VCPU_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_VCPU_H_

#include <linux/kvm.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "hypervisor-backend/kvm/kvm_api.h"
#include "hypervisor-backend/kvm/start_state.h"
#include "hypervisor-backend/kvm/vm.h"
#include "hypervisor-backend/machine/file_descriptor.h"

namespace cimvisor::kvm {

// Used by one thread at a time, but for RequestExit.
class Vcpu {
 public:
  // Makes vCPU `index` of `processors`, with its CPUID and the state of a processor after reset. kvm_run's page stays
  // mapped for as long as the vCPU lives.
  static absl::StatusOr<std::unique_ptr<Vcpu>> Create(int kvm_fd, const Vm& vm, uint32_t index, uint32_t processors);
  ~Vcpu();
  Vcpu(const Vcpu&) = delete;
  Vcpu& operator=(const Vcpu&) = delete;

  uint32_t index() const { return index_; }

  // Back to the state after reset. The first processor then waits for SetStart; the others for its INIT and SIPI.
  absl::Status Reset() const;
  // Where the first processor begins. Only after Reset.
  absl::Status SetStart(const StartState& start) const;

  // Enters the guest until it needs something (0, see run()), a signal or RequestExit takes it out (EINTR, EAGAIN), or
  // KVM fails (any other errno).
  int Enter();
  // Lets KVM finish the port or memory access whose data run() holds, without running the guest any further; what is in
  // its registers then is true. False when that made another exit, which must be handled first.
  bool FinishAccess();

  // Makes the next or present Enter return at once. Any thread; a signal must follow to end the present one.
  void RequestExit();
  void ForgetExitRequest();

  kvm_run& run() { return *run_; }
  // The mapping behind run(), in which KVM stands the data of port accesses.
  absl::Span<uint8_t> run_bytes() { return absl::MakeSpan(reinterpret_cast<uint8_t*>(run_), run_size_); }

  // For reports of failure.
  std::string DumpRegisters() const;
  // The physical address behind the instruction pointer and the pointer itself.
  struct InstructionPlace {
    uint64_t linear = 0;
    uint64_t physical = 0;
    bool mapped = false;
  };
  InstructionPlace WhereIsInstruction() const;

 private:
  Vcpu(machine::FileDescriptor fd, uint32_t index, kvm_run* run, size_t run_size)
      : fd_(std::move(fd)), index_(index), run_(run), run_size_(run_size) {}
  absl::Status KeepResetState(int kvm_fd);
  void KeepModelSpecificRegisters();
  void WireLocalInterrupts();

  const machine::FileDescriptor fd_;
  const uint32_t index_;
  kvm_run* const run_;
  const size_t run_size_;
  // After reset.
  kvm_regs reset_registers_ = {};
  kvm_sregs reset_system_ = {};
  kvm_fpu reset_fpu_ = {};
  kvm_lapic_state reset_apic_ = {};
  kvm_vcpu_events reset_events_ = {};
  kvm_debugregs reset_debug_ = {};
  std::unique_ptr<KvmXsave> reset_xsave_;  // null where KVM has none
  std::unique_ptr<kvm_xcrs> reset_xcrs_;   // null where KVM has none
  std::vector<kvm_msr_entry> reset_msrs_;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_VCPU_H_
