#include "providers/inventory/fake_hypervisor.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/life_cycle.h"
#include "hypervisor-backend/machine/status_macros.h"

namespace cimvisor::inventory {

using machine::EndKind;
using machine::EndReason;
using machine::LifeCycleEvent;
using machine::MachineState;

// The service's handle of one worker. It reaches the worker by its launch, so that a later one is not mistaken for it.
class FakeMachine : public machine::Machine {
 public:
  FakeMachine(FakeHost& host, int service, std::string machine_id, std::string launch_id)
      : host_(host), service_(service), machine_id_(std::move(machine_id)), launch_id_(std::move(launch_id)) {}

  ~FakeMachine() override {
    {
      absl::MutexLock lock(&host_.mutex_);
      FakeHost::Worker* worker = Mine();
      if (worker != nullptr && detached_) worker->observer = nullptr;
    }
    if (!detached_) Off();
  }
  void Detach() override { detached_ = true; }

  absl::Status Start() override { return Do("start", LifeCycleEvent::kStart, LifeCycleEvent::kStarted); }
  absl::Status Pause() override { return Do("pause", LifeCycleEvent::kPause, LifeCycleEvent::kPaused); }
  absl::Status Resume() override { return Do("resume", LifeCycleEvent::kResume, LifeCycleEvent::kResumed); }
  absl::Status Reset() override {
    RETURN_IF_ERROR(host_.Begin("reset", machine_id_, service_));
    machine::MachineObserver* observer = nullptr;
    {
      absl::MutexLock lock(&host_.mutex_);
      FakeHost::Worker* worker = Mine();
      if (worker == nullptr || !worker->alive) return absl::UnavailableError("the worker is gone");
      const absl::StatusOr<MachineState> next = machine::NextState(worker->state, LifeCycleEvent::kReset);
      RETURN_IF_ERROR(next.status());
      ++worker->resets;
      observer = worker->observer;
    }
    if (observer != nullptr) observer->OnReset();
    return absl::OkStatus();
  }
  absl::Status TurnOff() override {
    RETURN_IF_ERROR(host_.Begin("turn off", machine_id_, service_));
    Off();
    return absl::OkStatus();
  }

  MachineState state() const override {
    absl::MutexLock lock(&host_.mutex_);
    const FakeHost::Worker* worker = Mine();
    return worker == nullptr || !worker->alive ? MachineState::kOff : worker->state;
  }
  absl::StatusOr<machine::Counters> GetCounters() const override {
    machine::Counters counters;
    counters.uptime = absl::Seconds(10);
    counters.processor_nanoseconds = {5'000'000'000, 0};
    counters.memory_resident_bytes = uint64_t{3} << 20;
    return counters;
  }
  absl::StatusOr<size_t> WriteSerial(uint32_t, absl::string_view bytes) override {
    absl::MutexLock lock(&host_.mutex_);
    FakeHost::Worker* worker = Mine();
    if (worker == nullptr) return absl::UnavailableError("the worker is gone");
    worker->input.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  absl::StatusOr<SerialHistory> ReadSerialHistory(uint32_t port) const override {
    absl::MutexLock lock(&host_.mutex_);
    const FakeHost::Worker* worker = Mine();
    if (worker == nullptr) return absl::UnavailableError("the worker is gone");
    SerialHistory history;
    if (port == 0) history = {worker->output, worker->output.size()};
    return history;
  }

 private:
  FakeHost::Worker* Mine() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(host_.mutex_) {
    const auto found = host_.workers_.find(machine_id_);
    const bool mine = found != host_.workers_.end() && found->second.launch_id == launch_id_;
    return mine && host_.service_ == service_ ? &found->second : nullptr;
  }

  absl::Status Do(const std::string& action, LifeCycleEvent begin, LifeCycleEvent end) {
    RETURN_IF_ERROR(host_.Begin(action, machine_id_, service_));
    machine::MachineObserver* observer = nullptr;
    MachineState from = MachineState::kOff;
    MachineState to = MachineState::kOff;
    {
      absl::MutexLock lock(&host_.mutex_);
      FakeHost::Worker* worker = Mine();
      if (worker == nullptr || !worker->alive) return absl::UnavailableError("the worker is gone");
      from = worker->state;
      ASSIGN_OR_RETURN(to, machine::NextState(from, begin));
      ASSIGN_OR_RETURN(to, machine::NextState(to, end));
      worker->state = to;
      observer = worker->observer;
    }
    if (observer != nullptr) observer->OnStateChanged(from, to);
    return absl::OkStatus();
  }

  void Off() {
    {
      absl::MutexLock lock(&host_.mutex_);
      if (Mine() == nullptr) return;
    }
    EndReason reason;
    reason.kind = EndKind::kTurnedOff;
    host_.End(machine_id_, reason);
  }

  FakeHost& host_;
  const int service_;
  const std::string machine_id_;
  const std::string launch_id_;
  bool detached_ = false;
};

void FakeHost::GuestReset(const std::string& machine_id) {
  machine::MachineObserver* observer = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    observer = workers_[machine_id].observer;
  }
  if (observer != nullptr) observer->OnReset();
}

void FakeHost::FailNext(const std::string& action, absl::Status status, bool ends) {
  absl::MutexLock lock(&mutex_);
  failures_[action] = {std::move(status), ends};
}

void FakeHost::OnAction(std::function<void(const std::string&, const std::string&)> hook) {
  absl::MutexLock lock(&mutex_);
  hook_ = std::move(hook);
}

void FakeHost::SetCapabilities(machine::HostCapabilities capabilities) {
  absl::MutexLock lock(&mutex_);
  capabilities_ = std::move(capabilities);
}

FakeHost::Worker FakeHost::Get(const std::string& machine_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = workers_.find(machine_id);
  if (found != workers_.end()) return found->second;
  Worker none;
  none.alive = false;
  return none;
}

size_t FakeHost::living() const {
  absl::MutexLock lock(&mutex_);
  size_t count = 0;
  for (const auto& [id, worker] : workers_) count += worker.alive ? 1 : 0;
  return count;
}

void FakeHost::End(const std::string& machine_id, EndReason reason) {
  machine::MachineObserver* observer = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = workers_.find(machine_id);
    if (found == workers_.end() || !found->second.alive) return;
    found->second.alive = false;
    found->second.ended = reason;
    observer = found->second.observer;
  }
  if (observer != nullptr) observer->OnEnded(reason);
}

void FakeHost::Output(const std::string& machine_id, absl::string_view bytes) {
  machine::MachineObserver* observer = nullptr;
  uint64_t offset = 0;
  {
    absl::MutexLock lock(&mutex_);
    Worker& worker = workers_[machine_id];
    offset = worker.output.size();
    worker.output.append(bytes.data(), bytes.size());
    observer = worker.observer;
  }
  if (observer != nullptr) observer->OnSerialOutput(0, offset, bytes);
}

void FakeHost::Force(const std::string& machine_id, MachineState state) {
  machine::MachineObserver* observer = nullptr;
  MachineState from = MachineState::kOff;
  {
    absl::MutexLock lock(&mutex_);
    Worker& worker = workers_[machine_id];
    from = std::exchange(worker.state, state);
    observer = worker.observer;
  }
  if (observer != nullptr) observer->OnStateChanged(from, state);
}

void FakeHost::LoseService() {
  absl::MutexLock lock(&mutex_);
  ++service_;
  for (auto& [id, worker] : workers_) worker.observer = nullptr;
}

int FakeHost::service() const {
  absl::MutexLock lock(&mutex_);
  return service_;
}

absl::Status FakeHost::Begin(const std::string& action, const std::string& machine_id, int service) {
  std::function<void(const std::string&, const std::string&)> hook;
  Failure failure;
  {
    absl::MutexLock lock(&mutex_);
    if (service != service_) return absl::UnavailableError("the service is dead");
    hook = hook_;
    const auto found = failures_.find(action);
    if (found != failures_.end()) {
      failure = std::move(found->second);
      failures_.erase(found);
    }
  }
  if (hook) hook(action, machine_id);
  if (failure.ends) {
    EndReason reason;
    reason.kind = EndKind::kWorkerDied;
    reason.signal = 9;
    End(machine_id, reason);
  }
  return failure.status;
}

absl::StatusOr<machine::LaunchedMachine> FakeHypervisor::Launch(machine::MachineSpec spec,
                                                                const machine::LaunchIdentity& launch,
                                                                machine::MachineObserver* observer) {
  for (int* fd : {&spec.kernel_fd, &spec.initrd_fd}) {
    if (*fd >= 0) ::close(*fd);
    if (*fd >= 0) *fd = 0;
  }
  RETURN_IF_ERROR(host_.Begin("launch", spec.machine_id, service_));
  absl::MutexLock lock(&host_.mutex_);
  FakeHost::Worker worker;
  worker.launch_id = launch.launch_id;
  worker.process_id = host_.next_process_id_++;
  worker.observer = observer;
  const std::string machine_id = spec.machine_id;
  worker.spec = std::move(spec);
  const uint32_t process_id = worker.process_id;
  host_.workers_[machine_id] = std::move(worker);
  machine::LaunchedMachine launched;
  launched.machine = std::make_unique<FakeMachine>(host_, service_, machine_id, launch.launch_id);
  launched.process_id = process_id;
  return launched;
}

std::vector<absl::StatusOr<machine::RunningMachine>> FakeHypervisor::Adopt(
    const std::vector<KnownLaunch>& launches, int64_t,
    const std::function<machine::MachineObserver*(const std::string&)>& observer_for) {
  std::vector<absl::StatusOr<machine::RunningMachine>> result;
  absl::MutexLock lock(&host_.mutex_);
  std::map<std::string, FakeHost::Worker> kept;
  for (const KnownLaunch& launch : launches) {
    const auto found = host_.workers_.find(launch.machine_id);
    machine::RunningMachine running;
    running.machine_id = launch.machine_id;
    running.launch_id = launch.launch_id;
    if (found == host_.workers_.end() || found->second.launch_id != launch.launch_id) {
      running.ended.kind = EndKind::kNone;
      result.push_back(std::move(running));
      continue;
    }
    FakeHost::Worker& worker = found->second;
    running.process_id = worker.process_id;
    running.ended = worker.ended;
    if (worker.alive) {
      worker.observer = observer_for(launch.machine_id);
      running.machine = std::make_unique<FakeMachine>(host_, service_, launch.machine_id, launch.launch_id);
    }
    kept[launch.machine_id] = worker;
    result.push_back(std::move(running));
  }
  host_.workers_ = std::move(kept);  // workers that no launch names are ended
  return result;
}

machine::HostCapabilities FakeHypervisor::Qualify(bool) {
  absl::MutexLock lock(&host_.mutex_);
  return host_.capabilities_;
}

}  // namespace cimvisor::inventory
