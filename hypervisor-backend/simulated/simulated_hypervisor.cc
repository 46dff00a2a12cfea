#include "hypervisor-backend/simulated/simulated_hypervisor.h"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "hypervisor-backend/simulated/simulated_machine.h"

namespace cimvisor::simulated {
namespace {

// FNV-1a, which is the same in every build.
uint64_t HashOf(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// A number from `lowest` to `highest`. The distributions of the standard library differ between libraries.
uint64_t Between(std::mt19937_64& random, uint64_t lowest, uint64_t highest) {
  return highest <= lowest ? lowest : lowest + random() % (highest - lowest + 1);
}

absl::Duration Between(std::mt19937_64& random, absl::Duration lowest, absl::Duration highest) {
  return absl::Microseconds(Between(random, static_cast<uint64_t>(absl::ToInt64Microseconds(lowest)),
                                    static_cast<uint64_t>(absl::ToInt64Microseconds(highest))));
}

// A machine that its owner shares with the thread that makes machines fail. When it goes the machine is off, so that
// nothing is said to its observer any more.
class SharedMachine : public machine::Machine {
 public:
  explicit SharedMachine(std::shared_ptr<SimulatedMachine> machine) : machine_(std::move(machine)) {}
  ~SharedMachine() override { machine_->Abandon(); }
  absl::Status Start() override { return machine_->Start(); }
  absl::Status Pause() override { return machine_->Pause(); }
  absl::Status Resume() override { return machine_->Resume(); }
  absl::Status Reset() override { return machine_->Reset(); }
  absl::Status TurnOff() override { return machine_->TurnOff(); }
  machine::MachineState state() const override { return machine_->state(); }
  absl::StatusOr<machine::Counters> GetCounters() const override { return machine_->GetCounters(); }
  absl::StatusOr<size_t> WriteSerial(uint32_t port, absl::string_view bytes) override {
    return machine_->WriteSerial(port, bytes);
  }
  absl::StatusOr<SerialHistory> ReadSerialHistory(uint32_t port) const override {
    return machine_->ReadSerialHistory(port);
  }

 private:
  const std::shared_ptr<SimulatedMachine> machine_;
};

}  // namespace

SimulatedHypervisor::SimulatedHypervisor(SimulatedOptions options) : options_(std::move(options)) {
  if (options_.mean_time_to_failure < absl::InfiniteDuration()) {
    failing_ = std::thread([this] { RunFailures(); });
  }
}

SimulatedHypervisor::~SimulatedHypervisor() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  if (failing_.joinable()) failing_.join();
}

void SimulatedHypervisor::RunFailures() {
  // A machine is launched later than those before it, but it may fail earlier.
  constexpr absl::Duration kLongestWait = absl::Milliseconds(50);
  while (true) {
    std::shared_ptr<SimulatedMachine> due;
    {
      absl::MutexLock lock(&mutex_);
      const absl::Time now = absl::Now();
      if (ending_) return;
      if (failures_.empty() || failures_.top().at > now) {
        const absl::Duration wait = failures_.empty() ? kLongestWait : failures_.top().at - now;
        mutex_.AwaitWithTimeout(absl::Condition(&ending_), std::min(wait, kLongestWait));
        continue;
      }
      due = failures_.top().machine.lock();
      failures_.pop();
    }
    if (due == nullptr || due->Fail("a failure that the configuration of the simulation asks for")) continue;
    if (due->ended()) continue;
    // It does not run yet, or is paused: later.
    absl::MutexLock lock(&mutex_);
    failures_.push({absl::Now() + kLongestWait, std::move(due)});
  }
}

Behavior SimulatedHypervisor::Draw(const std::string& machine_id, absl::Duration* time_to_failure) {
  uint64_t launch = 0;
  {
    absl::MutexLock lock(&mutex_);
    launch = launches_[machine_id]++;
  }
  std::mt19937_64 random(options_.seed ^ HashOf(absl::StrCat(machine_id, "#", launch)));
  Behavior behavior;
  behavior.start_delay = Between(random, options_.start_delay_lowest, options_.start_delay_highest);
  behavior.action_delay = options_.action_delay;
  behavior.load_percent =
      static_cast<uint32_t>(Between(random, options_.load_percent_lowest, options_.load_percent_highest));
  if (Between(random, 0, 999) < options_.failing_starts_per_mille) {
    behavior.start_failure = absl::InternalError("the configuration of the simulation lets this start fail");
  }
  *time_to_failure = options_.mean_time_to_failure;
  if (*time_to_failure < absl::InfiniteDuration()) {
    *time_to_failure = Between(random, absl::ZeroDuration(), 2 * options_.mean_time_to_failure);
  }
  return behavior;
}

absl::StatusOr<machine::LaunchedMachine> SimulatedHypervisor::Launch(machine::MachineSpec spec,
                                                                     const machine::LaunchIdentity& /*launch*/,
                                                                     machine::MachineObserver* observer) {
  constexpr uint64_t kMemoryUnit = 2 * 1024 * 1024;
  absl::Status refusal;
  {
    absl::MutexLock lock(&mutex_);
    refusal = failure_;
  }
  if (refusal.ok() && (spec.memory_bytes == 0 || spec.memory_bytes % kMemoryUnit != 0)) {
    refusal = absl::InvalidArgumentError(
        absl::StrCat("memory of ", spec.memory_bytes, " bytes is not a multiple of 2 MiB above 0"));
  }
  if (refusal.ok() && spec.processors == 0) refusal = absl::InvalidArgumentError("a machine has at least 1 processor");
  if (!refusal.ok()) {
    const machine::FileDescriptor kernel(spec.kernel_fd);
    const machine::FileDescriptor initrd(spec.initrd_fd);
    return refusal;
  }
  absl::Duration time_to_failure;
  Behavior behavior = Draw(spec.machine_id, &time_to_failure);
  const absl::Duration start_delay = behavior.start_delay;
  ASSIGN_OR_RETURN(std::shared_ptr<SimulatedMachine> machine,
                   SimulatedMachine::Make(std::move(spec), observer, std::move(behavior)));
  if (time_to_failure < absl::InfiniteDuration()) {
    absl::MutexLock lock(&mutex_);
    failures_.push({absl::Now() + start_delay + time_to_failure, machine});
  }
  return machine::LaunchedMachine{std::make_unique<SharedMachine>(std::move(machine)), static_cast<uint32_t>(getpid())};
}

std::vector<absl::StatusOr<machine::RunningMachine>> SimulatedHypervisor::Adopt(
    const std::vector<KnownLaunch>& launches, int64_t /*epoch*/,
    const std::function<machine::MachineObserver*(const std::string& machine_id)>& /*observer_for*/) {
  std::vector<absl::StatusOr<machine::RunningMachine>> results;
  for (const KnownLaunch& launch : launches) {
    machine::RunningMachine ended;
    ended.machine_id = launch.machine_id;
    ended.launch_id = launch.launch_id;
    ended.ended.kind = machine::EndKind::kWorkerDied;
    ended.ended.detail = "a simulated machine ends with its service";
    results.push_back(std::move(ended));
  }
  return results;
}

machine::HostCapabilities SimulatedHypervisor::Qualify(bool /*again*/) {
  machine::HostCapabilities capabilities;
  capabilities.verdict = machine::HostVerdict::kAnyGuest;
  capabilities.processor = "simulated";
  capabilities.kernel_release = "simulated";
  capabilities.logical_processors = std::thread::hardware_concurrency();
  capabilities.max_processors_per_machine = 240;
  return capabilities;
}

void SimulatedHypervisor::FailLaunches(absl::Status failure) {
  absl::MutexLock lock(&mutex_);
  failure_ = std::move(failure);
}

}  // namespace cimvisor::simulated
