#include "providers/inventory/reconcile.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/hypervisor.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "providers/inventory/checks.h"
#include "providers/inventory/end_of_run.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/life_cycle.h"
#include "providers/inventory/record_table.h"
#include "providers/inventory/transitions.h"

namespace cimvisor::inventory {
namespace {

constexpr absl::string_view kBootIdFact = "boot_id";

// What was found of one machine's run.
struct Found {
  std::shared_ptr<LiveMachine> live;  // null: it does not run
  machine::EndReason ended;           // then: how it ended
};

bool Runs(const LiveMachine* live) {
  const State state = live == nullptr ? STATE_OFF : live->state();
  return state == STATE_RUNNING || state == STATE_PAUSED || state == STATE_PAUSING || state == STATE_RESUMING;
}

class Reconciler {
 public:
  explicit Reconciler(InventoryCore& core) : core_(core) {}

  absl::StatusOr<Reconciliation> Run() {
    const std::shared_ptr<const Snapshot> snapshot = core_.ledger.snapshot();
    ASSIGN_OR_RETURN(const std::string last_boot, ReadFact(*core_.dependencies.store, kBootIdFact));
    AdoptAll(*snapshot);
    absl::Status status;
    snapshot->ForEach([&](const MachinePointer& machine) {
      status = Settle(machine);
      return status.ok();
    });
    RETURN_IF_ERROR(status);
    const bool host_was_restarted = !last_boot.empty() && last_boot != core_.options.boot_id;
    if (host_was_restarted) ChooseStarts(*snapshot);
    RETURN_IF_ERROR(RememberBoot(last_boot));
    return std::move(result_);
  }

 private:
  void AdoptAll(const Snapshot& snapshot) {
    std::vector<machine::Hypervisor::KnownLaunch> launches;
    snapshot.ForEach([&](const MachinePointer& machine) {
      const LaunchRecord& launch = machine->record.runtime().launch();
      if (launch.launch_id().empty()) return true;
      if (launch.boot_id() == core_.options.boot_id) {
        launches.push_back({machine->id(), launch.launch_id(), launch.worker_process_id()});
      } else {
        found_[machine->id()].ended.kind = machine::EndKind::kHostRestarted;
      }
      return true;
    });
    absl::flat_hash_map<std::string, std::shared_ptr<LiveMachine>> observers;
    for (const auto& launch : launches) {
      observers[launch.machine_id] = std::make_shared<LiveMachine>(
          launch.machine_id, launch.launch_id, core_.live->PortsOf(launch.machine_id), core_.events);
      observers[launch.machine_id]->HoldSerialOutput();
    }
    // Also when no launch is known: workers that nobody knows are ended by it.
    std::vector<absl::StatusOr<machine::RunningMachine>> adopted =
        core_.dependencies.hypervisor->Adopt(launches, core_.dependencies.store->epoch(),
                                             [&observers](const std::string& machine_id) -> machine::MachineObserver* {
                                               const auto observer = observers.find(machine_id);
                                               return observer == observers.end() ? nullptr : observer->second.get();
                                             });
    for (size_t i = 0; i < adopted.size(); ++i) {
      if (!adopted[i].ok()) {
        if (i < launches.size()) found_[launches[i].machine_id].ended = Unreachable(adopted[i].status());
        continue;
      }
      machine::RunningMachine& running = *adopted[i];
      const auto observer = observers.find(running.machine_id);
      if (observer == observers.end()) continue;  // the machine turns off as `running` goes: no launch names it
      Found& found = found_[running.machine_id];
      found.ended = running.ended;
      if (running.machine == nullptr) continue;
      observer->second->SetMachine(std::move(running.machine), running.process_id);
      found.live = observer->second;
      // From here on a running machine is not lost, whatever fails: it is detached when the inventory goes.
      if (Runs(found.live.get())) core_.live->Add(running.machine_id, found.live);
    }
    for (const auto& [machine_id, observer] : observers) observer->ReplaySerialHistory();
  }

  static machine::EndReason Unreachable(const absl::Status& status) {
    machine::EndReason reason;
    reason.kind = machine::EndKind::kWorkerDied;
    reason.detail = absl::StrCat("its worker could not be adopted: ", status.message());
    return reason;
  }

  // Brings one record in agreement with what was found.
  absl::Status Settle(const MachinePointer& machine) {
    const RuntimeRecord& before = machine->record.runtime();
    if (before.launch().launch_id().empty() && !IsTransitional(machine->state()) && machine->state() == STATE_OFF) {
      return absl::OkStatus();
    }
    Found found = std::move(found_[machine->id()]);
    MachineRecord record = machine->record;
    RuntimeRecord& runtime = *record.mutable_runtime();
    const absl::Time now = core_.Now();
    if (core_.live->Find(machine->id()) != nullptr) {
      if (runtime.launch().started_at_us() == 0) runtime.mutable_launch()->set_started_at_us(absl::ToUnixMicros(now));
      SetToActualState(record, found.live.get(), now);
      Note(record, absl::StrCat("was adopted: it is ", StateName(runtime.state())));
    } else {
      RecordOff(machine, found, runtime, now);
    }
    if (!before.job_id().empty()) result_.jobs[before.job_id()] = OutcomeOf(machine, record);
    if (record.SerializeAsString() == machine->record.SerializeAsString()) return absl::OkStatus();
    MachineLedger::Change change;
    change.before = machine;
    change.after = std::move(record);
    return core_.ledger.Commit(std::move(change)).status();
  }

  void RecordOff(const MachinePointer& machine, Found& found, RuntimeRecord& runtime, absl::Time now) {
    machine::EndReason reason = found.ended;
    if (machine->state() == STATE_STARTING && reason.kind != machine::EndKind::kHostRestarted) {
      // The intent was committed, the guest never ran for certain: the start is taken back.
      found.live.reset();  // ends its worker
      core_.Hit(Failpoint::kEffectUndone);
      RecordEnd(runtime, reason, now);
      SetHealth(runtime, HEALTH_FAILED, "the service ended while it started the machine, which is off");
      return Note(machine->record, "was being started when the service ended: it is off");
    }
    if (machine->state() == STATE_STOPPING || (found.live != nullptr && reason.kind == machine::EndKind::kNone)) {
      found.live.reset();
      reason = machine::EndReason();
      reason.kind = machine::EndKind::kTurnedOff;
    }
    RecordEnd(runtime, reason, now);
    const std::string words = DescribeEnd(reason);
    Note(machine->record, words.empty() ? "is off" : absl::StrCat("is off: ", words));
    if (TakeRecovery(machine->record.configuration().system(), runtime, reason, now)) {
      core_.events.Push({.kind = MachineEvent::Kind::kStart, .machine_id = machine->id()});
    }
  }

  // How the job of a transition ended, given what became of the machine.
  static jobs::JobOutcome OutcomeOf(const MachinePointer& before, const MachineRecord& after) {
    State wanted = STATE_UNKNOWN;
    switch (before->state()) {
      case STATE_STARTING:
      case STATE_RESUMING:
        wanted = STATE_RUNNING;
        break;
      case STATE_PAUSING:
        wanted = STATE_PAUSED;
        break;
      case STATE_STOPPING:
        wanted = STATE_OFF;
        break;
      default:  // of a reset nobody knows whether it was done
        break;
    }
    const State state = after.runtime().state();
    if (state == wanted) return jobs::JobOutcome::Completed();
    return jobs::JobOutcome::Failed(
        JobErrorCode(ErrorKind::kFailed),
        absl::StrCat("the service ended while the job was at work; ", TitleOf(after), " is ", StateName(state),
                     " now: ask again if that is not what you want"));
  }

  void ChooseStarts(const Snapshot& before) {
    before.ForEach([&](const MachinePointer& machine) {
      const StartupAction action = machine->record.configuration().system().startup_action();
      const bool was_active = !machine->record.runtime().launch().launch_id().empty();
      if (action == STARTUP_ACTION_ALWAYS || (action == STARTUP_ACTION_RESTART_IF_PREVIOUSLY_ACTIVE && was_active)) {
        result_.to_start.push_back(machine);
      }
      return true;
    });
    std::stable_sort(result_.to_start.begin(), result_.to_start.end(), [](const auto& a, const auto& b) {
      return a->record.configuration().system().startup_sequence_number() <
             b->record.configuration().system().startup_sequence_number();
    });
  }

  absl::Status RememberBoot(const std::string& last_boot) {
    if (last_boot == core_.options.boot_id) return absl::OkStatus();
    store::Change change;
    change.write = [this](store::Transaction& transaction) {
      return WriteFact(transaction, kBootIdFact, core_.options.boot_id);
    };
    return core_.dependencies.store->Commit(std::move(change)).status();
  }

  void Note(const MachineRecord& record, absl::string_view text) {
    result_.notices.push_back(absl::StrCat(TitleOf(record), " ", text));
    core_.Log(LogLevel::kInformation, record.id(), text);
  }

  InventoryCore& core_;
  absl::flat_hash_map<std::string, Found> found_;
  Reconciliation result_;
};

}  // namespace

absl::StatusOr<Reconciliation> Reconcile(InventoryCore& core) { return Reconciler(core).Run(); }

}  // namespace cimvisor::inventory
