#include "providers/inventory/transitions.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hypervisor-backend/machine/hypervisor.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "providers/inventory/boot_plan.h"
#include "providers/inventory/checks.h"
#include "providers/inventory/end_of_run.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/guid.h"
#include "providers/inventory/plans.h"
#include "service/security/operation.h"

namespace cimvisor::inventory {
namespace {

// How long after an action that failed because the worker is gone the reason of its end may come.
constexpr absl::Duration kEndDelay = absl::Seconds(2);

// Msvm_ConcreteJob.JobType, and what the job is called.
struct JobRow {
  Decision decision;
  uint16_t type;
  absl::string_view name;
};
constexpr std::array<JobRow, 5> kJobs = {{
    {Decision::kStart, 12, "Start Virtual Machine"},
    {Decision::kTurnOff, 13, "Power Off Virtual Machine"},
    {Decision::kPause, 26, "Pause Virtual Machine"},
    {Decision::kResume, 27, "Resume Virtual Machine"},
    {Decision::kReset, 28, "Reset Virtual Machine"},
}};

const JobRow& JobOf(Decision decision) {
  return *std::find_if(kJobs.begin(), kJobs.end(), [&](const JobRow& row) { return row.decision == decision; });
}

State Lasting(State state) {
  switch (state) {
    case STATE_STARTING:
    case STATE_RESETTING:
    case STATE_PAUSING:
      return STATE_RUNNING;
    case STATE_RESUMING:
      return STATE_PAUSED;
    case STATE_STOPPING:
      return STATE_UNKNOWN;  // it should be off and is not: it may only be turned off again
    default:
      return state;
  }
}

// How the run ended of which an action failed with `status`; nothing when it goes on.
std::optional<machine::EndReason> EndAfter(const LiveMachine& live, const absl::Status& status) {
  return live.WaitForEnd(absl::IsUnavailable(status) ? kEndDelay : absl::ZeroDuration());
}

jobs::JobOutcome FailedJob(const absl::Status& status) {
  return jobs::JobOutcome::Failed(JobErrorCode(KindOf(status)), std::string(status.message()));
}

}  // namespace

void SetToActualState(MachineRecord& record, const LiveMachine* live, absl::Time now) {
  RuntimeRecord& runtime = *record.mutable_runtime();
  const State state = live == nullptr ? STATE_OFF : Lasting(live->state());
  if (state == STATE_OFF) {
    RecordEnd(runtime, live == nullptr ? machine::EndReason() : live->ended().value_or(machine::EndReason()), now);
    return;
  }
  SetState(runtime, state, now);
  runtime.clear_job_id();
  if (live->process_id() != 0) runtime.mutable_launch()->set_worker_process_id(live->process_id());
}

absl::StatusOr<std::string> Transitions::Begin(security::Operation* operation, absl::string_view machine_id,
                                               Request request,
                                               absl::FunctionRef<void(const std::string& job_id)> prepared) {
  ASSIGN_OR_RETURN(const MachineTickets::Ticket ticket,
                   core_.tickets.Acquire(absl::AsciiStrToUpper(machine_id), ChangeDeadline(operation, absl::Now())));
  ASSIGN_OR_RETURN(const MachinePointer current, FindForChange(*core_.ledger.snapshot(), machine_id, operation));
  const Decision decision = Decide(current->state(), EventOf(request));
  if (decision == Decision::kRefuse) {
    return InventoryError(ErrorKind::kInvalidState,
                          absl::StrCat("cannot ", RequestName(request), " ", TitleOf(current->record), " while it is ",
                                       StateName(current->state())));
  }
  if (operation != nullptr && operation->plan != nullptr) {
    if (decision == Decision::kStart) {
      const InventoryDependencies& dependencies = core_.dependencies;
      RETURN_IF_ERROR(PlanBoot(current->record, *dependencies.paths, core_.options.default_boot_kernel,
                               dependencies.hypervisor->Qualify(false))
                          .status());
    }
    PlanTransition(current->record, decision, operation->plan);
    return std::string();
  }
  const Intent intent{current->id(),
                      decision == Decision::kStart ? NewGuid() : current->record.runtime().launch().launch_id(),
                      decision};
  const JobRow& row = JobOf(decision);
  jobs::JobSpec spec;
  spec.name = std::string(row.name);
  spec.type = row.type;
  spec.owner = operation == nullptr ? "cimvisord" : security::CallerText(operation->caller);
  spec.cancellable = decision == Decision::kStart;
  spec.affected = {{kMachineEntity, intent.machine_id}};
  spec.resolver = kJobResolver;
  spec.intent = absl::StrCat(static_cast<int>(request));
  spec.work = [this, intent, token = core_.activity.Begin()](jobs::JobContext& context) {
    return intent.decision == Decision::kStart ? Start(intent, context) : Act(intent, context);
  };
  ASSIGN_OR_RETURN(jobs::PreparedJob job, core_.dependencies.jobs->Prepare(std::move(spec)));
  prepared(job.id());

  MachineLedger::Change change;
  change.before = current;
  change.after = current->record;
  RuntimeRecord& runtime = *change.after->mutable_runtime();
  SetState(runtime, TransitionOf(decision).during, core_.Now());
  runtime.set_requested(request);
  runtime.set_job_id(job.id());
  if (decision == Decision::kStart) {
    LaunchRecord& launch = *runtime.mutable_launch();
    launch.Clear();
    launch.set_launch_id(intent.launch_id);
    launch.set_epoch(core_.dependencies.store->epoch());
    launch.set_boot_id(core_.options.boot_id);
    SetHealth(runtime, HEALTH_OK, "");
  }
  change.operation = operation;
  change.also_write = [&job](store::Transaction& transaction) { return job.Write(transaction); };
  change.also_publish = [&job] { job.Publish(); };
  RETURN_IF_ERROR(core_.ledger.Commit(std::move(change)).status());
  core_.Hit(Failpoint::kIntentCommitted);
  return job.id();
}

jobs::JobOutcome Transitions::Start(const Intent& intent, jobs::JobContext& context) {
  std::vector<std::string> warnings;
  const absl::StatusOr<std::shared_ptr<LiveMachine>> live = Launch(intent, context, warnings);
  const absl::Time now = core_.Now();
  if (!live.ok()) {
    core_.Hit(Failpoint::kEffectUndone);
    const bool cancelled = absl::IsCancelled(live.status());
    const absl::Status error = WithContext(live.status(), "the machine could not be started");
    return Finish(intent, context, cancelled ? jobs::JobOutcome::Cancelled() : FailedJob(error),
                  [&](MachineRecord& record) {
                    RuntimeRecord& runtime = *record.mutable_runtime();
                    SetState(runtime, STATE_OFF, now);
                    runtime.clear_launch();
                    SetHealth(runtime, cancelled ? HEALTH_OK : HEALTH_FAILED, error.message());
                  });
  }
  const jobs::JobOutcome outcome = warnings.empty()
                                       ? jobs::JobOutcome::Completed()
                                       : jobs::JobOutcome::CompletedWithWarnings(absl::StrJoin(warnings, "; "));
  const jobs::JobOutcome result = Finish(intent, context, outcome, [&](MachineRecord& record) {
    RuntimeRecord& runtime = *record.mutable_runtime();
    SetState(runtime, STATE_RUNNING, now);
    runtime.mutable_launch()->set_worker_process_id((*live)->process_id());
    runtime.mutable_launch()->set_started_at_us(absl::ToUnixMicros(now));
  });
  core_.Hit(Failpoint::kRunningCommitted);
  return result;
}

absl::StatusOr<std::shared_ptr<LiveMachine>> Transitions::Launch(const Intent& intent, jobs::JobContext& context,
                                                                 std::vector<std::string>& warnings) {
  const MachinePointer current = core_.ledger.snapshot()->Find(intent.machine_id);
  if (current == nullptr) return InventoryError(ErrorKind::kNotFound, "the machine is gone");
  const InventoryDependencies& dependencies = core_.dependencies;
  context.Progress(5, "asking what this host can run");
  const machine::HostCapabilities host = dependencies.hypervisor->Qualify(false);
  context.Progress(20, "opening the boot files");
  ASSIGN_OR_RETURN(BootPlan plan,
                   PlanBoot(current->record, *dependencies.paths, core_.options.default_boot_kernel, host));
  if (context.cancelled()) return absl::CancelledError("cancelled before the worker was made");

  context.Progress(40, "making the worker");
  const SerialPorts ports = core_.live->PortsOf(intent.machine_id);
  for (const std::shared_ptr<SerialPortHub>& port : ports) port->BeginRun();
  auto live = std::make_shared<LiveMachine>(intent.machine_id, intent.launch_id, ports, core_.events);
  ASSIGN_OR_RETURN(machine::LaunchedMachine launched,
                   dependencies.hypervisor->Launch(plan.TakeSpec(current->record),
                                                   {intent.launch_id, dependencies.store->epoch()}, live.get()));
  live->SetMachine(std::move(launched.machine), launched.process_id);
  context.Progress(60, "the worker is made");
  core_.Hit(Failpoint::kWorkerSpawned);
  if (context.cancelled()) return absl::CancelledError("cancelled before the machine was started");

  context.Progress(70, "starting the machine");
  constexpr int kStartFrom = 70;
  constexpr int kStartTo = 89;
  const absl::Status started = live->Start([&context](int percent, absl::string_view step) {
    context.Progress(kStartFrom + percent * (kStartTo - kStartFrom) / 100, std::string(step));
  });
  if (!started.ok()) {
    const std::optional<machine::EndReason> end = EndAfter(*live, started);
    const std::string reason = end.has_value() ? DescribeEnd(*end) : "";
    return reason.empty() ? started : WithContext(started, reason);
  }
  context.Progress(90, "the machine runs; recording it");
  core_.Hit(Failpoint::kDescriptorsSent);
  core_.live->Add(intent.machine_id, live);
  warnings = std::move(plan.warnings);
  return live;
}

jobs::JobOutcome Transitions::Act(const Intent& intent, jobs::JobContext& context) {
  const std::shared_ptr<LiveMachine> live = core_.live->Find(intent.machine_id);
  if (live == nullptr) return AfterAction(intent, nullptr, absl::OkStatus(), context);
  switch (intent.decision) {
    case Decision::kTurnOff:
      context.Progress(30, "turning the machine off");
      return AfterAction(intent, live, live->TurnOff(), context);
    case Decision::kPause:
      context.Progress(30, "waiting until every processor stands still");
      return AfterAction(intent, live, live->Pause(), context);
    case Decision::kResume:
      return AfterAction(intent, live, live->Resume(), context);
    default:
      return AfterAction(intent, live, live->Reset(), context);
  }
}

jobs::JobOutcome Transitions::AfterAction(const Intent& intent, const std::shared_ptr<LiveMachine>& live,
                                          const absl::Status& status, jobs::JobContext& context) {
  const absl::Time now = core_.Now();
  const bool turn_off = intent.decision == Decision::kTurnOff;
  if (turn_off && status.ok()) {
    core_.live->Remove(intent.machine_id, intent.launch_id);
    machine::EndReason reason;
    reason.kind = machine::EndKind::kTurnedOff;
    return Finish(intent, context, jobs::JobOutcome::Completed(),
                  [&](MachineRecord& record) { RecordEnd(*record.mutable_runtime(), reason, now); });
  }
  if (status.ok() && live != nullptr) {
    return Finish(intent, context, jobs::JobOutcome::Completed(), [&](MachineRecord& record) {
      // A reset leaves a paused machine paused; after the others the machine is where the table says.
      const State after =
          intent.decision == Decision::kReset ? Lasting(live->state()) : TransitionOf(intent.decision).after;
      SetState(*record.mutable_runtime(), after == STATE_OFF ? STATE_RUNNING : after, now);
    });
  }
  // The action failed: the machine ended meanwhile, or it does what it did.
  const std::optional<machine::EndReason> end = live == nullptr ? std::nullopt : EndAfter(*live, status);
  const bool is_off = live == nullptr || live->state() == STATE_OFF;
  const machine::EndReason reason = end.value_or(machine::EndReason());
  const std::string words = is_off ? DescribeEnd(reason) : std::string(status.message());
  bool restart = false;
  const jobs::JobOutcome outcome =
      is_off && turn_off
          ? jobs::JobOutcome::Completed()
          : jobs::JobOutcome::Failed(
                JobErrorCode(status.ok() ? ErrorKind::kFailed : KindOf(status)),
                absl::StrCat("cannot ", absl::AsciiStrToLower(JobOf(intent.decision).name), ": ", words));
  if (is_off) core_.live->Remove(intent.machine_id, intent.launch_id);
  const jobs::JobOutcome result = Finish(intent, context, outcome, [&](MachineRecord& record) {
    if (!is_off) return SetToActualState(record, live.get(), now);
    RecordEnd(*record.mutable_runtime(), reason, now);
    restart = !turn_off && TakeRecovery(record.configuration().system(), *record.mutable_runtime(), reason, now);
  });
  if (restart) core_.events.Push({.kind = MachineEvent::Kind::kStart, .machine_id = intent.machine_id});
  return result;
}

jobs::JobOutcome Transitions::Finish(const Intent& intent, jobs::JobContext& context, const jobs::JobOutcome& outcome,
                                     RecordEdit edit) {
  absl::StatusOr<MachinePointer> committed = absl::InternalError("the machine is gone");
  {
    const auto ticket = core_.tickets.Acquire(intent.machine_id, absl::InfiniteFuture());
    MachineLedger::Change change;
    change.before = core_.ledger.snapshot()->Find(intent.machine_id);
    if (change.before != nullptr) {
      change.after = change.before->record;
      change.after->mutable_runtime()->clear_job_id();
      edit(*change.after);
      change.also_write = [&](store::Transaction& transaction) { return context.FinishIn(transaction, outcome); };
      change.also_publish = [&] { context.PublishFinish(); };
      committed = core_.ledger.Commit(std::move(change));
    }
  }
  // An end of the run that came while the job was at work was left to it: see to it now.
  const std::shared_ptr<LiveMachine> live = core_.live->Find(intent.machine_id);
  if (live != nullptr && live->ended().has_value()) {
    core_.events.Push(
        {.kind = MachineEvent::Kind::kEnded, .machine_id = intent.machine_id, .launch_id = live->launch_id()});
  }
  if (committed.ok()) return outcome;
  const std::string text = absl::StrCat("the outcome could not be recorded: ", committed.status().message());
  core_.Log(LogLevel::kError, intent.machine_id, text);
  core_.events.Push({.kind = MachineEvent::Kind::kRepair, .machine_id = intent.machine_id, .job_id = context.id()},
                    core_.options.retry_delay);
  return jobs::JobOutcome::Failed(JobErrorCode(KindOf(committed.status())), text);
}

}  // namespace cimvisor::inventory
