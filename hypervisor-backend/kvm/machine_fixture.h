// Whole machines for tests: the real KVM, the real guest.
#ifndef CIMVISOR_HYPERVISOR_BACKEND_KVM_MACHINE_FIXTURE_H_
#define CIMVISOR_HYPERVISOR_BACKEND_KVM_MACHINE_FIXTURE_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "hypervisor-backend/machine/machine.h"

namespace cimvisor::kvm {

// Keeps all that it hears, and lets a test wait for it. Thread-safe.
class RecordingObserver final : public machine::MachineObserver {
 public:
  void OnStateChanged(machine::MachineState from, machine::MachineState to) override;
  void OnEnded(const machine::EndReason& reason) override;
  void OnReset() override;
  void OnSerialOutput(uint32_t port, uint64_t offset, absl::string_view bytes) override;

  // Wait until it is so, with a generous deadline; false when it never was.
  bool WaitForOutput(const std::string& text, size_t times = 1);
  bool WaitForResets(int count);
  bool WaitForEnd();

  std::string output() const;
  int resets() const;
  machine::EndReason end() const;
  std::vector<std::pair<machine::MachineState, machine::MachineState>> state_changes() const;

 private:
  bool WaitFor(const std::function<bool()>& condition);

  mutable absl::Mutex mutex_;
  std::string output_ ABSL_GUARDED_BY(mutex_);  // of COM1
  int resets_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  machine::EndReason end_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<machine::MachineState, machine::MachineState>> state_changes_ ABSL_GUARDED_BY(mutex_);
};

inline constexpr uint64_t kTestMemory = 64ull << 20;

// A spec with /dev/kvm, memory of `memory_bytes` and a connected COM1. Without a kernel.
machine::MachineSpec MakeTestSpec(uint64_t memory_bytes = kTestMemory, uint32_t processors = 1);

// A memfd with `bytes`.
int MakeTestFile(absl::string_view bytes);

// The guest of tests/guests/hello.
int OpenHelloGuest();
std::string ReadHelloGuest();

// One machine and what is heard of it.
class MachineTest : public ::testing::Test {
 protected:
  void Make(machine::MachineSpec spec);
  void MakeHello(uint32_t processors = 1, bool start_paused = false);
  void BootHello(uint32_t processors = 1);  // and waits for its prompt
  void Type(absl::string_view text);

  RecordingObserver observer_;
  std::unique_ptr<machine::Machine> machine_;
};

}  // namespace cimvisor::kvm

#endif  // CIMVISOR_HYPERVISOR_BACKEND_KVM_MACHINE_FIXTURE_H_
