#include "hypervisor-backend/worker/worker_hypervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "hypervisor-backend/machine/file_descriptor.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "hypervisor-backend/worker/dispatcher.h"
#include "hypervisor-backend/worker/host_qualification.h"
#include "hypervisor-backend/worker/io_loop.h"
#include "hypervisor-backend/worker/launch_directory.h"
#include "hypervisor-backend/worker/launcher.h"
#include "hypervisor-backend/worker/messages.h"
#include "hypervisor-backend/worker/process_record.h"
#include "hypervisor-backend/worker/remote_machine.h"
#include "hypervisor-backend/worker/user_ids.h"
#include "hypervisor-backend/worker/worker_link.h"

namespace cimvisor::worker {
namespace {

constexpr size_t kLogTailBytes = 1024;
constexpr absl::Duration kStrayKillTime = absl::Seconds(5);

class WorkerHypervisorImplementation : public WorkerHypervisor {
 public:
  WorkerHypervisorImplementation(WorkerHypervisorOptions options, machine::FileDescriptor runtime, std::string boot_id,
                                 std::unique_ptr<IoLoop> loop)
      : options_(std::move(options)),
        runtime_(std::move(runtime)),
        boot_id_(std::move(boot_id)),
        user_ids_(options_.first_user_id, options_.user_ids),
        loop_(std::move(loop)),
        qualifier_(options_.worker_program, options_.kvm_device, options_.verdict_file) {}

  ~WorkerHypervisorImplementation() override {
    // The loop first: what the dispatcher still has to say may post to a loop that has stopped, not to one that is
    // gone.
    loop_->Stop();
    dispatcher_.reset();
  }

  absl::string_view name() const override { return options_.name; }
  absl::StatusOr<machine::LaunchedMachine> Launch(machine::MachineSpec spec, const machine::LaunchIdentity& launch,
                                                  machine::MachineObserver* observer) override;
  std::vector<absl::StatusOr<machine::RunningMachine>> Adopt(
      const std::vector<KnownLaunch>& launches, int64_t epoch,
      const std::function<machine::MachineObserver*(const std::string& machine_id)>& observer_for) override;
  void Forget(const std::string& launch_id) override { Remove(launch_id); }
  machine::HostCapabilities Qualify(bool again) override { return qualifier_.Qualify(again); }

 private:
  // How an adoption begins: with a link, or at once with an end.
  struct Adoption {
    std::shared_ptr<WorkerLink> link;
    machine::EndReason ended;
    absl::Time started_at;
  };

  std::function<void()> ForgetLater(const std::string& launch_id) {
    return [this, launch_id] { Remove(launch_id); };
  }
  void Remove(const std::string& launch_id);
  Adoption BeginAdoption(const KnownLaunch& launch, int64_t epoch, machine::MachineObserver* observer);
  absl::StatusOr<machine::RunningMachine> FinishAdoption(const KnownLaunch& launch, Adoption adoption,
                                                         absl::Time deadline);
  void EndStrays(const std::vector<KnownLaunch>& launches);
  absl::Status WithLog(absl::Status status, const WorkerLink& link) const;

  const WorkerHypervisorOptions options_;
  const machine::FileDescriptor runtime_;
  const std::string boot_id_;
  UserIds user_ids_;
  absl::Mutex mutex_;
  std::set<std::string> own_launches_ ABSL_GUARDED_BY(mutex_);  // of this service: never strays
  std::unique_ptr<Dispatcher> dispatcher_ = std::make_unique<Dispatcher>();
  const std::unique_ptr<IoLoop> loop_;
  HostQualifier qualifier_;
};

void WorkerHypervisorImplementation::Remove(const std::string& launch_id) {
  // What cannot be removed now is a stray of the next start.
  LaunchDirectory::Remove(runtime_.get(), launch_id).IgnoreError();
  absl::MutexLock lock(&mutex_);
  own_launches_.erase(launch_id);
}

absl::Status WorkerHypervisorImplementation::WithLog(absl::Status status, const WorkerLink& link) const {
  // A worker that could say what was wrong has said it: the log is for the others.
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status)) return status;
  const std::string log = link.LogTail(kLogTailBytes);
  if (log.empty()) return status;
  return absl::Status(status.code(), absl::StrCat(status.message(), "; the worker's log ends: ", log));
}

absl::StatusOr<machine::LaunchedMachine> WorkerHypervisorImplementation::Launch(machine::MachineSpec spec,
                                                                                const machine::LaunchIdentity& launch,
                                                                                machine::MachineObserver* observer) {
  // Closed in the end, whatever comes.
  const machine::FileDescriptor kernel(spec.kernel_fd);
  const machine::FileDescriptor initrd(spec.initrd_fd);
  RETURN_IF_ERROR(CheckSpec(spec));
  uint32_t user_id = 0;
  if (geteuid() == 0) {
    ASSIGN_OR_RETURN(user_id, user_ids_.Take());
  }
  {
    absl::MutexLock lock(&mutex_);
    own_launches_.insert(launch.launch_id);
  }
  const auto undo = [&](absl::Status status) {
    if (user_id != 0) user_ids_.GiveBack(user_id);
    if (!absl::IsAlreadyExists(status)) Remove(launch.launch_id);
    return status;
  };
  absl::StatusOr<LaunchDirectory> directory = LaunchDirectory::Create(runtime_.get(), launch.launch_id);
  if (!directory.ok()) return undo(directory.status());
  LinkIdentity identity{spec.machine_id, launch.launch_id, boot_id_, launch.epoch};
  absl::StatusOr<SpawnedProcess> process = StartWorker(
      {std::move(spec), launch, boot_id_, options_.worker_program, options_.kvm_device, user_id}, *directory);
  if (!process.ok()) return undo(process.status());
  const auto link = std::make_shared<WorkerLink>(loop_.get(), dispatcher_.get(), std::move(identity),
                                                 *std::move(directory), *std::move(process), observer, [this, user_id] {
                                                   if (user_id != 0) user_ids_.GiveBack(user_id);
                                                 });
  link->Begin();
  auto machine = std::make_unique<RemoteMachine>(link, options_, ForgetLater(launch.launch_id));
  const absl::Status greeted = link->WaitForHandshake(absl::Now() + options_.handshake_timeout);
  // Destroying the machine ends what there is of it, and removes its folder.
  if (!greeted.ok()) return WithLog(greeted, *link);
  const std::optional<v1::ProcessRecord::Started> started = link->started();
  return machine::LaunchedMachine{std::move(machine), started ? started->worker_process_id() : 0};
}

WorkerHypervisorImplementation::Adoption WorkerHypervisorImplementation::BeginAdoption(
    const KnownLaunch& launch, int64_t epoch, machine::MachineObserver* observer) {
  Adoption adoption;
  const auto ended = [&](machine::EndKind kind, std::string detail) {
    adoption.ended.kind = kind;
    adoption.ended.detail = std::move(detail);
    return std::move(adoption);
  };
  absl::StatusOr<LaunchDirectory> directory = LaunchDirectory::Open(runtime_.get(), launch.launch_id);
  if (!directory.ok()) {
    return ended(machine::EndKind::kHostRestarted,
                 absl::StrCat("nothing is left of its worker in ", options_.runtime_directory,
                              ": the host was restarted, or the folder was emptied"));
  }
  ProcessHistory history;
  if (const auto record = directory->OpenRecord(/*writable=*/false); record.ok()) {
    if (auto read = ReadProcessHistory(record->get()); read.ok()) history = *std::move(read);
  }
  if (history.started) {
    adoption.started_at = absl::FromUnixNanos(history.started->started_at_unix_nanoseconds());
    if (history.started->boot_id() != boot_id_) {
      return ended(machine::EndKind::kHostRestarted, "the host was restarted");
    }
  }
  if (history.ended) {
    adoption.ended = EndReasonOf(*history.ended);
    return adoption;
  }
  // Without a record the launch was cut short. Whoever holds the listening socket will come up and be greeted.
  if (!history.started && !directory->Connect().ok()) {
    return ended(machine::EndKind::kWorkerDied, "its worker was never started");
  }
  const uint32_t user_id = history.started ? history.started->user_id() : 0;
  if (user_id != 0) user_ids_.MarkTaken(user_id);
  adoption.link = std::make_shared<WorkerLink>(loop_.get(), dispatcher_.get(),
                                               LinkIdentity{launch.machine_id, launch.launch_id, boot_id_, epoch},
                                               *std::move(directory), SpawnedProcess{}, observer, [this, user_id] {
                                                 if (user_id != 0) user_ids_.GiveBack(user_id);
                                               });
  adoption.link->Begin();
  return adoption;
}

absl::StatusOr<machine::RunningMachine> WorkerHypervisorImplementation::FinishAdoption(const KnownLaunch& launch,
                                                                                       Adoption adoption,
                                                                                       absl::Time deadline) {
  machine::RunningMachine running;
  running.machine_id = launch.machine_id;
  running.launch_id = launch.launch_id;
  running.started_at = adoption.started_at;
  running.process_id = launch.process_id;
  if (adoption.link == nullptr) {
    running.ended = std::move(adoption.ended);
    return running;
  }
  WorkerLink& link = *adoption.link;
  const absl::Status greeted = link.WaitForHandshake(deadline);
  if (const std::optional<v1::ProcessRecord::Started> started = link.started()) {
    running.process_id = started->worker_process_id();
    running.started_at = absl::FromUnixNanos(started->started_at_unix_nanoseconds());
  }
  if (const std::optional<machine::EndReason> reason = link.end_reason()) {
    link.DropObserver();
    running.ended = *reason;
    return running;
  }
  if (!greeted.ok() && !absl::IsDeadlineExceeded(greeted)) {
    link.DropObserver();
    link.Close();
    return greeted;
  }
  // It lives. One that does not answer is held all the same: it can be turned off, and may come back.
  if (!greeted.ok()) link.AssumeState(machine::MachineState::kRunning);
  running.machine = std::make_unique<RemoteMachine>(adoption.link, options_, ForgetLater(launch.launch_id));
  return running;
}

void WorkerHypervisorImplementation::EndStrays(const std::vector<KnownLaunch>& launches) {
  std::set<std::string> known;
  for (const KnownLaunch& launch : launches) known.insert(launch.launch_id);
  {
    absl::MutexLock lock(&mutex_);
    known.insert(own_launches_.begin(), own_launches_.end());
  }
  const absl::StatusOr<std::vector<std::string>> present = LaunchDirectory::List(runtime_.get());
  if (!present.ok()) return;
  for (const std::string& launch_id : *present) {
    if (known.contains(launch_id)) continue;
    const absl::StatusOr<LaunchDirectory> directory = LaunchDirectory::Open(runtime_.get(), launch_id);
    if (!directory.ok()) continue;
    const auto record = directory->OpenRecord(/*writable=*/false);
    const auto history = record.ok() ? ReadProcessHistory(record->get()) : record.status();
    if (history.ok() && history->started && history->started->boot_id() == boot_id_ && !history->ended) {
      const auto worker = OpenProcess(history->started->worker_process_id(), history->started->worker_start_ticks());
      if (worker.ok()) {
        SignalProcess(worker->get(), SIGKILL);
        WaitForEnd(worker->get(), kStrayKillTime);
      }
    }
    // A process may still be on its way to write its record: then the folder stays, for the next adoption to end it.
    if (history.ok() && (history->started || !directory->Connect().ok())) Remove(launch_id);
  }
}

std::vector<absl::StatusOr<machine::RunningMachine>> WorkerHypervisorImplementation::Adopt(
    const std::vector<KnownLaunch>& launches, int64_t epoch,
    const std::function<machine::MachineObserver*(const std::string& machine_id)>& observer_for) {
  {
    absl::MutexLock lock(&mutex_);
    for (const KnownLaunch& launch : launches) own_launches_.insert(launch.launch_id);
  }
  // All at once, then wait for all: what one of them takes, the others take beside it.
  std::vector<Adoption> adoptions;
  adoptions.reserve(launches.size());
  for (const KnownLaunch& launch : launches) {
    adoptions.push_back(BeginAdoption(launch, epoch, observer_for(launch.machine_id)));
  }
  const absl::Time deadline = absl::Now() + options_.handshake_timeout;
  std::vector<absl::StatusOr<machine::RunningMachine>> results;
  results.reserve(launches.size());
  for (size_t i = 0; i < launches.size(); ++i) {
    results.push_back(FinishAdoption(launches[i], std::move(adoptions[i]), deadline));
  }
  EndStrays(launches);
  return results;
}

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerHypervisor>> WorkerHypervisor::Create(WorkerHypervisorOptions options) {
  if (access(options.worker_program.c_str(), X_OK) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("the worker program ", options.worker_program, " cannot be run"));
  }
  if (mkdir(options.runtime_directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot make the runtime directory ", options.runtime_directory));
  }
  machine::FileDescriptor runtime(open(options.runtime_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!runtime.valid() || faccessat(runtime.get(), ".", W_OK, AT_EACCESS) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot use the runtime directory ", options.runtime_directory));
  }
  ASSIGN_OR_RETURN(std::string boot_id, ReadBootId());
  ASSIGN_OR_RETURN(std::unique_ptr<IoLoop> loop, IoLoop::Start());
  return std::make_unique<WorkerHypervisorImplementation>(std::move(options), std::move(runtime), std::move(boot_id),
                                                          std::move(loop));
}

}  // namespace cimvisor::worker
