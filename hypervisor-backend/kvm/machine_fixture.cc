#include "hypervisor-backend/kvm/machine_fixture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "hypervisor-backend/kvm/kvm_machine.h"

namespace cimvisor::kvm {
namespace {

// Only a test that fails waits this long.
constexpr absl::Duration kPatience = absl::Seconds(60);

size_t CountOf(const std::string& text, const std::string& wanted) {
  size_t count = 0;
  for (size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + wanted.size())) ++count;
  return count;
}

}  // namespace

void RecordingObserver::OnStateChanged(machine::MachineState from, machine::MachineState to) {
  absl::MutexLock lock(&mutex_);
  state_changes_.emplace_back(from, to);
}

void RecordingObserver::OnEnded(const machine::EndReason& reason) {
  absl::MutexLock lock(&mutex_);
  end_ = reason;
  ended_ = true;
}

void RecordingObserver::OnReset() {
  absl::MutexLock lock(&mutex_);
  ++resets_;
}

void RecordingObserver::OnSerialOutput(uint32_t port, uint64_t, absl::string_view bytes) {
  if (port != 0) return;
  absl::MutexLock lock(&mutex_);
  output_.append(bytes.data(), bytes.size());
}

bool RecordingObserver::WaitFor(const std::function<bool()>& condition) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&condition), kPatience);
}

bool RecordingObserver::WaitForOutput(const std::string& text, size_t times) {
  return WaitFor([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return CountOf(output_, text) >= times; });
}

bool RecordingObserver::WaitForResets(int count) {
  return WaitFor([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return resets_ >= count; });
}

bool RecordingObserver::WaitForEnd() {
  return WaitFor([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return ended_; });
}

std::string RecordingObserver::output() const {
  absl::MutexLock lock(&mutex_);
  return output_;
}

int RecordingObserver::resets() const {
  absl::MutexLock lock(&mutex_);
  return resets_;
}

machine::EndReason RecordingObserver::end() const {
  absl::MutexLock lock(&mutex_);
  return end_;
}

std::vector<std::pair<machine::MachineState, machine::MachineState>> RecordingObserver::state_changes() const {
  absl::MutexLock lock(&mutex_);
  return state_changes_;
}

machine::MachineSpec MakeTestSpec(uint64_t memory_bytes, uint32_t processors) {
  machine::MachineSpec spec;
  spec.machine_id = "5F6E7D8C-0000-0000-0000-000000000001";
  spec.name = "test";
  spec.memory_bytes = memory_bytes;
  spec.processors = processors;
  spec.serial_ports = {{.connected = true}, {.connected = false}};
  spec.kvm_fd = ::open("/dev/kvm", O_RDWR | O_CLOEXEC);
  EXPECT_GE(spec.kvm_fd, 0) << "these tests need /dev/kvm";
  spec.memory_fd = ::memfd_create("guest memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  EXPECT_EQ(::ftruncate(spec.memory_fd, static_cast<off_t>(memory_bytes)), 0);
  EXPECT_EQ(::fcntl(spec.memory_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
  return spec;
}

int MakeTestFile(absl::string_view bytes) {
  const int fd = ::memfd_create("file", MFD_CLOEXEC);
  EXPECT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return fd;
}

int OpenHelloGuest() {
  const int fd = ::open(CIMVISOR_HELLO_GUEST, O_RDONLY | O_CLOEXEC);
  EXPECT_GE(fd, 0) << "build the target guest_hello";
  return fd;
}

std::string ReadHelloGuest() {
  std::ifstream file(CIMVISOR_HELLO_GUEST, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void MachineTest::Make(machine::MachineSpec spec) {
  auto machine = MakeKvmMachine(std::move(spec), &observer_, machine::NoConfinement());
  ASSERT_TRUE(machine.ok()) << machine.status();
  machine_ = *std::move(machine);
}

void MachineTest::MakeHello(uint32_t processors, bool start_paused) {
  machine::MachineSpec spec = MakeTestSpec(kTestMemory, processors);
  spec.kernel_fd = OpenHelloGuest();
  spec.start_paused = start_paused;
  Make(std::move(spec));
}

void MachineTest::BootHello(uint32_t processors) {
  ASSERT_NO_FATAL_FAILURE(MakeHello(processors));
  const absl::Status started = machine_->Start();
  ASSERT_TRUE(started.ok()) << started;
  ASSERT_TRUE(observer_.WaitForOutput("\r\n> ")) << observer_.output() << observer_.end().detail << "\n"
                                                 << observer_.end().registers;
}

void MachineTest::Type(absl::string_view text) {
  const auto taken = machine_->WriteSerial(0, text);
  ASSERT_TRUE(taken.ok()) << taken.status();
  ASSERT_EQ(*taken, text.size());
}

}  // namespace cimvisor::kvm
