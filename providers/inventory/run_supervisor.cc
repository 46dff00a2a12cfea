#include "providers/inventory/run_supervisor.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "providers/inventory/end_of_run.h"
#include "providers/inventory/life_cycle.h"

namespace cimvisor::inventory {
void RunSupervisor::Handle(const MachineEvent& event) {
  switch (event.kind) {
    case MachineEvent::Kind::kEnded:
      return HandleEnd(event);
    case MachineEvent::Kind::kSettle:
    case MachineEvent::Kind::kRepair:
      return HandleDifference(event);
    case MachineEvent::Kind::kStart:
      return HandleStart(event);
    case MachineEvent::Kind::kReset:
      return HandleReset(event);
  }
}

void RunSupervisor::HandleEnd(const MachineEvent& event) {
  const std::shared_ptr<LiveMachine> live = core_.live->Find(event.machine_id);
  if (live == nullptr || live->launch_id() != event.launch_id) return;
  const machine::EndReason reason = live->ended().value_or(machine::EndReason());
  bool restart = false;
  {
    const auto ticket = core_.tickets.Acquire(event.machine_id, absl::InfiniteFuture());
    const MachinePointer current = core_.ledger.snapshot()->Find(event.machine_id);
    if (current == nullptr || current->record.runtime().launch().launch_id() != event.launch_id) {
      return core_.live->Remove(event.machine_id, event.launch_id);  // recorded already
    }
    if (Decide(current->state(), LifeCycleEvent::kEnded) != Decision::kRecordEnd) return;  // left to the job at work
    MachineLedger::Change change;
    change.before = current;
    change.after = current->record;
    RuntimeRecord& runtime = *change.after->mutable_runtime();
    RecordEnd(runtime, reason, core_.Now());
    restart = TakeRecovery(current->record.configuration().system(), runtime, reason, core_.Now());
    const absl::StatusOr<MachinePointer> committed = core_.ledger.Commit(std::move(change));
    if (!committed.ok()) return Retry(event, committed.status());
  }
  core_.live->Remove(event.machine_id, event.launch_id);
  const std::string words = DescribeEnd(reason);
  core_.Log(words.empty() ? LogLevel::kInformation : LogLevel::kError, event.machine_id,
            absl::StrCat(words.empty() ? "the machine is off" : words, reason.registers.empty() ? "" : "\n",
                         reason.registers));
  if (restart) HandleStart(event);
}

void RunSupervisor::HandleDifference(const MachineEvent& event) {
  const auto ticket = core_.tickets.Acquire(event.machine_id, absl::InfiniteFuture());
  const MachinePointer current = core_.ledger.snapshot()->Find(event.machine_id);
  if (current == nullptr) return;
  const bool repair = event.kind == MachineEvent::Kind::kRepair;
  if (repair ? current->record.runtime().job_id() != event.job_id : IsTransitional(current->state())) return;
  const std::shared_ptr<LiveMachine> live = core_.live->Find(event.machine_id);
  MachineLedger::Change change;
  change.before = current;
  change.after = current->record;
  if (!repair) {
    // A machine that ends, or that a job is about to act on, is somebody else's.
    const State state = live == nullptr ? STATE_OFF : live->state();
    if ((state != STATE_RUNNING && state != STATE_PAUSED) || state == current->state()) return;
  }
  SetToActualState(*change.after, live.get(), core_.Now());
  const bool is_off = change.after->runtime().state() == STATE_OFF;
  const absl::StatusOr<MachinePointer> committed = core_.ledger.Commit(std::move(change));
  if (!committed.ok()) return Retry(event, committed.status());
  if (is_off && live != nullptr) core_.live->Remove(event.machine_id, live->launch_id());
  core_.Log(LogLevel::kWarning, event.machine_id,
            absl::StrCat("the record now agrees with the machine, which is ", StateName((*committed)->state())));
}

void RunSupervisor::HandleStart(const MachineEvent& event) {
  const absl::StatusOr<std::string> job =
      transitions_.Begin(nullptr, event.machine_id, REQUEST_ON, [](const std::string&) {});
  core_.Log(job.ok() ? LogLevel::kInformation : LogLevel::kWarning, event.machine_id,
            job.ok() ? absl::StrCat("started automatically by the job ", *job)
                     : absl::StrCat("not started automatically: ", job.status().message()));
}

// Watchers see it pass through the state that a requested reset shows; the record is never in it.
void RunSupervisor::HandleReset(const MachineEvent& event) {
  const std::shared_ptr<LiveMachine> live = core_.live->Find(event.machine_id);
  if (live == nullptr || live->launch_id() != event.launch_id) return;
  live->TakeReset();
  const auto ticket = core_.tickets.Acquire(event.machine_id, absl::InfiniteFuture());
  const MachinePointer current = core_.ledger.snapshot()->Find(event.machine_id);
  if (current == nullptr || current->record.runtime().launch().launch_id() != event.launch_id ||
      IsTransitional(current->state()) || current->state() == STATE_OFF) {
    return;
  }
  MachineLedger::Change change;
  change.before = current;
  change.passing = current->record;
  SetState(*change.passing->mutable_runtime(), STATE_RESETTING, core_.Now());
  change.after = current->record;
  change.after->mutable_runtime()->set_state_changed_at_us(absl::ToUnixMicros(core_.Now()));
  const absl::StatusOr<MachinePointer> committed = core_.ledger.Commit(std::move(change));
  if (!committed.ok()) return Retry(event, committed.status());
  core_.Log(LogLevel::kInformation, event.machine_id, "the guest reset the machine");
}

void RunSupervisor::Retry(const MachineEvent& event, const absl::Status& status) {
  core_.Log(LogLevel::kError, event.machine_id,
            absl::StrCat("the state of the machine could not be recorded, trying again: ", status.message()));
  core_.events.Push(event, core_.options.retry_delay);
}

}  // namespace cimvisor::inventory
