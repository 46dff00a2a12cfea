// The machine behind MakeKvmMachine: its life, by the table of hypervisor-backend/machine/life_cycle.h.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_MACHINE_IMPL_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_MACHINE_IMPL_H_

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/kvm/boot/boot_loader.h"
#include "hypervisor-backend/kvm/device_set.h"
#include "hypervisor-backend/kvm/exit_dispatcher.h"
#include "hypervisor-backend/kvm/guest_event.h"
#include "hypervisor-backend/kvm/guest_memory.h"
#include "hypervisor-backend/kvm/notifier.h"
#include "hypervisor-backend/kvm/processors.h"
#include "hypervisor-backend/kvm/vm.h"
#include "hypervisor-backend/machine/counters.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/machine/life_cycle.h"
#include "hypervisor-backend/machine/machine.h"
#include "hypervisor-backend/machine/thread_confinement.h"

namespace cimvisor::kvm {

// Threads: a caller's thread runs an action, under action_mutex_. A vCPU's thread leaves a GuestEvent and stops all
// vCPUs. The device thread follows that event under action_mutex_, and tells the observer what happened, with no lock
// held. Lock order: action_mutex_, then the others.
class KvmMachine final : public machine::Machine, public GuestEnds {
 public:
  static absl::StatusOr<std::unique_ptr<KvmMachine>> Create(machine::MachineSpec spec,
                                                            machine::MachineObserver* observer,
                                                            const machine::ThreadConfinement& confine);
  ~KvmMachine() override;

  absl::Status Start() override;
  absl::Status Pause() override;
  absl::Status Resume() override;
  absl::Status Reset() override;
  absl::Status TurnOff() override;
  machine::MachineState state() const override { return state_.load(); }
  absl::StatusOr<machine::Counters> GetCounters() const override;
  absl::StatusOr<size_t> WriteSerial(uint32_t port, absl::string_view bytes) override;
  absl::StatusOr<SerialHistory> ReadSerialHistory(uint32_t port) const override;

  // GuestEnds, on a vCPU's thread.
  void RequestReset() override;
  void RequestPowerOff() override;
  void OnTripleFault(machine::EndReason reason) override;
  void OnFailure(machine::EndReason reason) override;

 private:
  KvmMachine(machine::MachineSpec spec, machine::MachineObserver* observer);
  absl::Status Build(const machine::ThreadConfinement& confine);
  absl::Status OpenBootSource();
  absl::Status StartDeviceThread(const machine::ThreadConfinement& confine);
  absl::Status CheckSerialPort(uint32_t port) const;
  void ForgetUptime();

  void PostGuestEvent(GuestEvent event);

  void DeviceThreadMain(const machine::ThreadConfinement* confine);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(wake_mutex_);
  void Wake() ABSL_LOCKS_EXCLUDED(wake_mutex_);

  absl::Status Advance(machine::LifeCycleEvent event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(action_mutex_);
  // Acts on what the guest did, if it did something. The vCPUs may still be on their way to a stop.
  void FollowGuestEvent() ABSL_EXCLUSIVE_LOCKS_REQUIRED(action_mutex_);
  void FollowGuestReset() ABSL_EXCLUSIVE_LOCKS_REQUIRED(action_mutex_);
  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(action_mutex_);
  void StopProcessors() ABSL_EXCLUSIVE_LOCKS_REQUIRED(action_mutex_);
  void RunProcessors() ABSL_EXCLUSIVE_LOCKS_REQUIRED(action_mutex_);
  void End(machine::LifeCycleEvent event, machine::EndReason reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(action_mutex_);

  machine::MachineSpec spec_;  // its descriptors are -1: they are owned below
  machine::FileDescriptor kvm_fd_;
  machine::FileDescriptor kernel_fd_;
  machine::FileDescriptor initrd_fd_;
  BootSource boot_source_;
  std::unique_ptr<GuestMemory> memory_;
  std::unique_ptr<Vm> vm_;
  std::unique_ptr<DeviceSet> devices_;
  std::unique_ptr<ExitDispatcher> dispatcher_;
  std::unique_ptr<Processors> processors_;
  Notifier notifier_;
  std::thread device_thread_;
  std::atomic<machine::MachineState> state_{machine::MachineState::kOff};  // written under action_mutex_

  absl::Mutex action_mutex_;
  TripleFaultLimit triple_faults_ ABSL_GUARDED_BY(action_mutex_);
  bool memory_used_ ABSL_GUARDED_BY(action_mutex_) = false;

  mutable absl::Mutex uptime_mutex_;
  uint64_t uptime_before_ ABSL_GUARDED_BY(uptime_mutex_) = 0;  // nanoseconds, up to running_since_
  uint64_t running_since_ ABSL_GUARDED_BY(uptime_mutex_) = 0;  // CLOCK_MONOTONIC, 0: not running

  mutable absl::Mutex wake_mutex_;
  std::optional<GuestEvent> guest_event_ ABSL_GUARDED_BY(wake_mutex_);
  bool work_ ABSL_GUARDED_BY(wake_mutex_) = false;  // something to deliver
  bool ending_ ABSL_GUARDED_BY(wake_mutex_) = false;
  std::optional<absl::Status> confinement_ ABSL_GUARDED_BY(wake_mutex_);  // of the device thread, once it is known
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_KVM_MACHINE_IMPL_H_
