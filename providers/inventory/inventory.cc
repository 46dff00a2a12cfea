#include "providers/inventory/inventory.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "providers/inventory/boot_plan.h"
#include "providers/inventory/checks.h"
#include "providers/inventory/device_ids.h"
#include "providers/inventory/errors.h"
#include "providers/inventory/inventory_core.h"
#include "providers/inventory/life_cycle.h"
#include "providers/inventory/plans.h"
#include "providers/inventory/reconcile.h"
#include "providers/inventory/record_table.h"
#include "providers/inventory/run_supervisor.h"
#include "providers/inventory/text_check.h"
#include "providers/inventory/transitions.h"
#include "service/jobs/job_manager.h"
#include "service/security/operation.h"
#include "service/security/unique_fd.h"

namespace cimvisor::inventory {
namespace {

absl::StatusOr<std::string> ReadBootId() {
  const char* const path = "/proc/sys/kernel/random/boot_id";
  const security::UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 64> buffer{};
  const ssize_t size = file.valid() ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
  if (size <= 0) return absl::InternalError(absl::StrCat("cannot read ", path, ": is /proc mounted?"));
  return std::string(absl::StripAsciiWhitespace(absl::string_view(buffer.data(), static_cast<size_t>(size))));
}

// Of a job whose record was settled by somebody else: what it asked for, compared with what the machine does.
jobs::JobOutcome ResolveByState(const jobs::Job& job, const Snapshot& snapshot) {
  const MachinePointer machine = job.affected.empty() ? nullptr : snapshot.Find(job.affected[0].entity_id);
  int request = REQUEST_NONE;
  const bool known = absl::SimpleAtoi(job.intent, &request);
  const State state = machine == nullptr ? STATE_UNKNOWN : machine->state();
  if (known && ((request == REQUEST_ON && state == STATE_RUNNING) || (request == REQUEST_OFF && state == STATE_OFF) ||
                (request == REQUEST_PAUSE && state == STATE_PAUSED))) {
    return jobs::JobOutcome::Completed();
  }
  return jobs::JobOutcome::Failed(JobErrorCode(ErrorKind::kFailed),
                                  absl::StrCat("the service ended while the job was at work; the machine is ",
                                               machine == nullptr ? "gone" : StateName(state), " now"));
}

class InventoryService final : public Inventory {
 public:
  InventoryService(const InventoryDependencies& dependencies, const InventoryOptions& options)
      : core_(dependencies, options), transitions_(core_), supervisor_(core_, transitions_) {}

  ~InventoryService() override {
    core_.events.Stop();
    core_.activity.WaitUntilIdle();
    core_.live->DetachAll();
  }

  absl::Status Load() {
    RETURN_IF_ERROR(core_.ledger.Load());
    ASSIGN_OR_RETURN(Reconciliation found, Reconcile(core_));
    notices_ = std::move(found.notices);
    to_start_ = std::move(found.to_start);
    core_.dependencies.jobs->SetResolver(kJobResolver, [this, outcomes = std::move(found.jobs)](const jobs::Job& job) {
      const auto outcome = outcomes.find(job.id);
      return outcome != outcomes.end() ? outcome->second : ResolveByState(job, *snapshot());
    });
    return absl::OkStatus();
  }

  void Begin() override {
    for (const MachinePointer& machine : std::exchange(to_start_, {})) {
      core_.events.Push({.kind = MachineEvent::Kind::kStart, .machine_id = machine->id()},
                        absl::Microseconds(machine->record.configuration().system().startup_delay_us()));
    }
    core_.events.Start([this](const MachineEvent& event) { supervisor_.Handle(event); });
  }

  std::shared_ptr<const Snapshot> snapshot() const override { return core_.ledger.snapshot(); }
  const HostLimits& limits() const override { return core_.options.limits; }
  std::vector<std::string> notices() const override { return notices_; }

  absl::StatusOr<MachinePointer> DefineMachine(const security::Operation& operation, absl::string_view id,
                                               const Configuration& configuration) override {
    if (!IsGuid(id)) {
      return InventoryError(ErrorKind::kInvalidParameter,
                            absl::StrCat("the id \"", PrintableText(id, 64), "\" of the new machine is not a GUID"));
    }
    RETURN_IF_ERROR(Check(configuration));
    const std::string key = absl::AsciiStrToUpper(id);
    ASSIGN_OR_RETURN(const MachineTickets::Ticket ticket,
                     core_.tickets.Acquire(key, ChangeDeadline(&operation, absl::Now())));
    if (snapshot()->Find(key) != nullptr) {
      return InventoryError(ErrorKind::kAlreadyExists,
                            absl::StrCat("there is a machine with the id ", key, " already"));
    }
    MachineLedger::Change change;
    MachineRecord& record = change.after.emplace();
    const int64_t now = absl::ToUnixMicros(core_.Now());
    record.set_version(kRecordVersion);
    record.set_id(key);
    *record.mutable_configuration() = configuration;
    record.set_created_at_us(now);
    record.set_configuration_changed_at_us(now);
    record.mutable_runtime()->set_state(STATE_OFF);
    record.mutable_runtime()->set_state_changed_at_us(now);
    if (operation.plan != nullptr) {
      PlanDefine(record, operation.plan);
      return MachinePointer();
    }
    change.operation = &operation;
    return Acknowledge(core_.ledger.Commit(std::move(change)));
  }

  absl::StatusOr<MachinePointer> ModifyParts(const security::Operation& operation, absl::string_view id,
                                             const std::vector<DeviceId>& parts, ConfigurationEdit edit) override {
    ASSIGN_OR_RETURN(const MachineTickets::Ticket ticket,
                     core_.tickets.Acquire(absl::AsciiStrToUpper(id), ChangeDeadline(&operation, absl::Now())));
    ASSIGN_OR_RETURN(const MachinePointer current, FindForChange(*snapshot(), id, &operation, parts));
    const Configuration& before = current->record.configuration();
    Configuration configuration = before;
    RETURN_IF_ERROR(edit(configuration));
    if (operation.plan != nullptr) PlanModify(current->record, configuration, operation.plan);
    if (configuration.SerializeAsString() == before.SerializeAsString()) {
      if (operation.plan != nullptr) return MachinePointer();
      RETURN_IF_ERROR(core_.ledger.RecordOnly(operation));
      return Acknowledge(current);
    }
    RETURN_IF_ERROR(Check(configuration));
    RETURN_IF_ERROR(ValidateConfigurationChange(before, configuration, current->state()));
    if (operation.plan != nullptr) return MachinePointer();
    MachineLedger::Change change;
    change.before = current;
    change.after = current->record;
    *change.after->mutable_configuration() = std::move(configuration);
    change.after->set_configuration_changed_at_us(absl::ToUnixMicros(core_.Now()));
    change.operation = &operation;
    return Acknowledge(core_.ledger.Commit(std::move(change)));
  }

  absl::Status DestroyMachine(const security::Operation& operation, absl::string_view id) override {
    ASSIGN_OR_RETURN(const MachineTickets::Ticket ticket,
                     core_.tickets.Acquire(absl::AsciiStrToUpper(id), ChangeDeadline(&operation, absl::Now())));
    ASSIGN_OR_RETURN(const MachinePointer current, FindForChange(*snapshot(), id, &operation));
    if (operation.plan != nullptr) PlanDestroy(current->record, operation.plan);
    if (Decide(current->state(), LifeCycleEvent::kDestroy) != Decision::kAllow) {
      return InventoryError(ErrorKind::kInvalidState,
                            absl::StrCat("the machine \"", current->name(), "\" cannot be destroyed while it is ",
                                         StateName(current->state()), ": turn it off first"));
    }
    if (operation.plan != nullptr) return absl::OkStatus();
    MachineLedger::Change change;
    change.before = current;
    change.operation = &operation;
    RETURN_IF_ERROR(Acknowledge(core_.ledger.Commit(std::move(change))).status());
    core_.live->EndPorts(current->id(), "the machine was destroyed");
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> RequestStateChange(security::Operation& operation, absl::string_view id, Request request,
                                                 JobPrepared prepared) override {
    if (!Request_IsValid(request) || request == REQUEST_NONE) {
      return InventoryError(ErrorKind::kInvalidParameter,
                            absl::StrCat("no machine can be brought to the state ", static_cast<int>(request),
                                         ": ask for 2 (on), 3 (off), 9 (paused) or 11 (reset)"));
    }
    return Acknowledge(transitions_.Begin(&operation, id, request, prepared));
  }

  absl::StatusOr<MachineUsage> GetUsage(absl::string_view id) const override {
    const std::string key = absl::AsciiStrToUpper(id);
    const std::shared_ptr<LiveMachine> live = core_.live->Find(key);
    if (live != nullptr) return live->Usage();
    ASSIGN_OR_RETURN(const MachinePointer machine, FindForChange(*snapshot(), key, nullptr));
    return InventoryError(ErrorKind::kInvalidState, absl::StrCat("the machine \"", machine->name(), "\" is ",
                                                                 StateName(machine->state()), ": it uses nothing"));
  }

  absl::StatusOr<std::unique_ptr<SerialAttachment>> AttachSerial(absl::string_view id, int port,
                                                                 SerialAttachOptions options) override {
    RETURN_IF_ERROR(CheckSerialPort(port));
    ASSIGN_OR_RETURN(const MachinePointer machine, FindForChange(*snapshot(), id, nullptr));
    return core_.live->PortsOf(machine->id())[static_cast<size_t>(port)]->Attach(std::move(options));
  }

  void Drain() override {
    // A job may push events and an event may begin a job.
    do {
      core_.activity.WaitUntilIdle();
      core_.events.WaitUntilIdle();
    } while (!core_.activity.idle());
  }

 private:
  absl::Status Check(const Configuration& configuration) const {
    RETURN_IF_ERROR(ValidateConfiguration(configuration, core_.options.limits));
    return CheckBootPaths(configuration, *core_.dependencies.paths);
  }

  // The last step of a changing call.
  template <typename T>
  absl::StatusOr<T> Acknowledge(absl::StatusOr<T> result) const {
    if (result.ok()) {
      core_.Hit(Failpoint::kPublished);
      core_.Hit(Failpoint::kAcknowledged);
    }
    return result;
  }
  absl::StatusOr<MachinePointer> Acknowledge(const MachinePointer& machine) const {
    return Acknowledge(absl::StatusOr<MachinePointer>(machine));
  }

  InventoryCore core_;
  Transitions transitions_;
  RunSupervisor supervisor_;
  std::vector<std::string> notices_;
  std::vector<MachinePointer> to_start_;
};

}  // namespace

std::vector<store::Migration> Inventory::Migrations() { return InventoryMigrations(); }

absl::StatusOr<std::unique_ptr<Inventory>> Inventory::Open(const InventoryDependencies& dependencies,
                                                           const InventoryOptions& options) {
  InventoryOptions complete = options;
  if (complete.boot_id.empty()) {
    ASSIGN_OR_RETURN(complete.boot_id, ReadBootId());
  }
  auto inventory = std::make_unique<InventoryService>(dependencies, complete);
  RETURN_IF_ERROR(inventory->Load());
  return absl::StatusOr<std::unique_ptr<Inventory>>(std::move(inventory));
}

}  // namespace cimvisor::inventory
