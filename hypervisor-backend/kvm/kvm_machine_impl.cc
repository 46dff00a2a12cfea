#include "hypervisor-backend/kvm/kvm_machine_impl.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::kvm {

absl::StatusOr<machine::Counters> KvmMachine::GetCounters() const {
  machine::Counters counters;
  {
    absl::MutexLock lock(&uptime_mutex_);
    const uint64_t now = machine::MonotonicNanoseconds();
    const uint64_t running = running_since_ != 0 ? now - running_since_ : 0;
    counters.uptime = absl::Nanoseconds(static_cast<int64_t>(uptime_before_ + running));
  }
  for (uint32_t i = 0; i < processors_->count(); ++i) {
    counters.processor_nanoseconds.push_back(processors_->ProcessorNanoseconds(i));
  }
  counters.memory_resident_bytes = memory_->ResidentBytes();
  counters.userspace_exits = processors_->UserspaceExits();
  counters.exits = counters.userspace_exits;  // the kernel keeps the others to itself
  return counters;
}

void KvmMachine::ForgetUptime() {
  absl::MutexLock lock(&uptime_mutex_);
  uptime_before_ = 0;
}

absl::Status KvmMachine::CheckSerialPort(uint32_t port) const {
  if (port < devices_->serial_ports().size()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("the machine has no serial port ", port, "; it has ",
                                          devices_->serial_ports().size(), ", counted from 0"));
}

absl::StatusOr<size_t> KvmMachine::WriteSerial(uint32_t port, absl::string_view bytes) {
  RETURN_IF_ERROR(CheckSerialPort(port));
  return devices_->serial_ports()[port].uart->Receive(bytes);
}

absl::StatusOr<machine::Machine::SerialHistory> KvmMachine::ReadSerialHistory(uint32_t port) const {
  RETURN_IF_ERROR(CheckSerialPort(port));
  return devices_->serial_ports()[port].output->History();
}

void KvmMachine::RequestReset() { PostGuestEvent({.kind = GuestEventKind::kReset, .reason = {}}); }

void KvmMachine::RequestPowerOff() { PostGuestEvent({.kind = GuestEventKind::kPowerOff, .reason = {}}); }

void KvmMachine::OnTripleFault(machine::EndReason reason) {
  PostGuestEvent({.kind = GuestEventKind::kTripleFault, .reason = std::move(reason)});
}

void KvmMachine::OnFailure(machine::EndReason reason) {
  PostGuestEvent({.kind = GuestEventKind::kFailure, .reason = std::move(reason)});
}

void KvmMachine::PostGuestEvent(GuestEvent event) {
  {
    // The first one counts: after it no guest code is meant to run.
    absl::MutexLock lock(&wake_mutex_);
    if (!guest_event_.has_value()) guest_event_ = std::move(event);
  }
  processors_->Stop();
}

bool KvmMachine::HasWork() const { return work_ || ending_ || guest_event_.has_value(); }

void KvmMachine::Wake() {
  absl::MutexLock lock(&wake_mutex_);
  work_ = true;
}

void KvmMachine::DeviceThreadMain(const machine::ThreadConfinement* confine) {
  {
    const absl::Status confined = (*confine)(machine::ThreadKind::kDevice);
    absl::MutexLock lock(&wake_mutex_);
    confinement_ = confined;  // from here on `confine` may be gone
    if (!confined.ok()) return;
  }
  bool ending = false;
  while (!ending) {
    bool guest_event;
    {
      absl::MutexLock lock(&wake_mutex_);
      wake_mutex_.Await(absl::Condition(this, &KvmMachine::HasWork));
      ending = ending_;
      guest_event = guest_event_.has_value();
      work_ = false;
    }
    if (guest_event) {
      absl::MutexLock lock(&action_mutex_);
      FollowGuestEvent();
    }
    if (!notifier_.Deliver(*devices_)) Wake();
  }
}

}  // namespace cimvisor::kvm
