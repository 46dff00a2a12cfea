#include "hypervisor-backend/kvm/probe.h"

#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hypervisor-backend/kvm/boot/flat_mode.h"
#include "hypervisor-backend/kvm/exit_dispatcher.h"
#include "hypervisor-backend/kvm/guest_memory.h"
#include "hypervisor-backend/kvm/io_bus.h"
#include "hypervisor-backend/kvm/kick_signal.h"
#include "hypervisor-backend/kvm/kvm_api.h"
#include "hypervisor-backend/kvm/probes/probe_code.h"
#include "hypervisor-backend/kvm/vcpu.h"
#include "hypervisor-backend/kvm/vm.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {
namespace {

constexpr uint64_t kProbeMemory = 2ull << 20;
constexpr uint64_t kProbeStack = 0x80000;

// The kick comes at the deadline, and again and again after it, so that one which comes just before the thread enters
// the guest is not the last.
constexpr absl::Duration kRepeat = absl::Milliseconds(20);

class DeadlineTimer {
 public:
  explicit DeadlineTimer(absl::Time deadline) {
    if (!HandleKickSignal().ok()) return;
    UnblockKickSignal();
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = KickSignal();
    event._sigev_un._tid = ::gettid();
    made_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
    if (!made_) return;
    itimerspec when = {};
    when.it_value = absl::ToTimespec(std::max(deadline - absl::Now(), absl::Milliseconds(1)));
    when.it_interval = absl::ToTimespec(kRepeat);
    ::timer_settime(timer_, 0, &when, nullptr);
  }
  ~DeadlineTimer() {
    if (made_) ::timer_delete(timer_);
  }
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;

 private:
  timer_t timer_ = {};
  bool made_ = false;  // else only the caller's own limit ends a probe that hangs
};

// Hears what becomes of the probe guest: its result port, or a failure of KVM.
class ProbeOutcome final : public RegisterDevice, public GuestEnds {
 public:
  uint64_t Read(uint32_t, uint32_t) override { return 0xff; }
  void Write(uint32_t, uint32_t, uint64_t value) override {
    if (value == kProbePassed) {
      Conclude("");
    } else {
      Conclude("the instructions ran, with a wrong result");
    }
  }
  void Reset() override {}
  void RequestReset() override { Conclude("the probe reset its machine"); }
  void RequestPowerOff() override { Conclude("the probe powered off its machine"); }
  void OnTripleFault(machine::EndReason reason) override { Conclude(reason.detail); }
  void OnFailure(machine::EndReason reason) override { Conclude(reason.detail); }

  // Nothing yet; empty when the probe passed; else what went wrong.
  const std::optional<std::string>& failure() const { return failure_; }

 private:
  void Conclude(std::string failure) {
    if (!failure_.has_value()) failure_ = std::move(failure);
  }

  std::optional<std::string> failure_;
};

absl::StatusOr<std::unique_ptr<GuestMemory>> MakeProbeMemory(machine::ProbeKind kind) {
  machine::FileDescriptor fd(::memfd_create("cimvisor probe", MFD_CLOEXEC));
  if (!fd.valid() || ::ftruncate(fd.get(), kProbeMemory) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat("no memory for a probe guest: ", strerror(errno)));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<GuestMemory> memory, GuestMemory::Map(std::move(fd), kProbeMemory));
  RETURN_IF_ERROR(memory->Write(kProbeCodeAddress, ProbeCode(kind), "the probe"));
  return memory;
}

// OK when the probe passed; else what went wrong, as a status of any code.
absl::Status RunProbeGuest(machine::ProbeKind kind, int kvm_fd, absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::unique_ptr<GuestMemory> memory, MakeProbeMemory(kind));
  ASSIGN_OR_RETURN(const std::unique_ptr<Vm> vm, Vm::Create(kvm_fd, *memory));
  ASSIGN_OR_RETURN(const std::unique_ptr<Vcpu> vcpu, Vcpu::Create(kvm_fd, *vm, 0, 1));
  ASSIGN_OR_RETURN(StartState start, PrepareFlatMode(*memory, ProcessorMode::kLong64));
  start.instruction_pointer = kProbeCodeAddress;
  start.rsp = kProbeStack;
  RETURN_IF_ERROR(vcpu->Reset());
  RETURN_IF_ERROR(vcpu->SetStart(start));
  ProbeOutcome outcome;
  IoBus ports;
  ports.Attach(kProbeResultPort, 1, &outcome);
  const IoBus memory_bus;
  ExitDispatcher dispatcher(&ports, &memory_bus, memory.get(), &outcome);
  const DeadlineTimer timer(deadline);
  while (!outcome.failure().has_value()) {
    if (absl::Now() >= deadline) return absl::DeadlineExceededError("it did not end in time");
    const int error = vcpu->Enter();
    if (error == EINTR || error == EAGAIN) continue;
    if (error != 0) {
      dispatcher.HandleEntryFailure(*vcpu, error);
    } else {
      (void)dispatcher.HandleExit(*vcpu);
    }
  }
  return outcome.failure()->empty() ? absl::OkStatus() : absl::InternalError(*outcome.failure());
}

}  // namespace

machine::ProbeResult RunProbe(machine::ProbeKind kind, int kvm_fd, absl::Time deadline) {
  const absl::Status outcome = RunProbeGuest(kind, kvm_fd, deadline);
  machine::ProbeResult result;
  result.name = std::string(machine::ProbeKindName(kind));
  result.passed = outcome.ok();
  result.detail = std::string(outcome.message());
  return result;
}

uint32_t MaximumProcessors(int kvm_fd) {
  const int most = KvmCapability(kvm_fd, KVM_CAP_MAX_VCPUS);
  return static_cast<uint32_t>(most > 0 ? most : KvmCapability(kvm_fd, KVM_CAP_NR_VCPUS));
}

}  // namespace cimvisor::kvm
