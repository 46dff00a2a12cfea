#include "providers/virtualization_v2/computer_system.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "providers/inventory/inventory.h"
#include "providers/schema/msvm_v2/system.h"
#include "providers/virtualization_v2/machine_selection.h"
#include "providers/virtualization_v2/machine_values.h"
#include "providers/virtualization_v2/object_paths.h"
#include "providers/virtualization_v2/outcome.h"
#include "providers/virtualization_v2/read_point.h"
#include "providers/virtualization_v2/record_rows.h"
#include "service/cim/case_fold.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

namespace v2 = msvm::v2;
using System = v2::ComputerSystem;
using inventory::ErrorKind;

absl::Status NoSuchSystem(const cim::ObjectPath& path) {
  return cim::CimError(cim::CimStatus::kNotFound, absl::StrCat("there is no computer system ", path.RelativeText(),
                                                               ": Name is a machine's GUID or the name of the host"));
}

// What RequestedState asks of a machine; an error that names what is not offered.
absl::StatusOr<inventory::Request> RequestOf(const System::RequestStateChange::In& in) {
  if (!in.requested_state().has_value()) {
    return inventory::InventoryError(ErrorKind::kInvalidParameter,
                                     "RequestedState is absent: give 2 (on), 3 (off), 9 (pause) or 11 (reset)");
  }
  if (const auto timeout = in.timeout_period(); timeout.has_value() && timeout->microseconds() != 0) {
    return inventory::InventoryError(ErrorKind::kNotSupported,
                                     "TimeoutPeriod is not supported: leave it out and watch the job that is returned");
  }
  const auto state = static_cast<uint32_t>(*in.requested_state());
  switch (state) {
    case 2:
      return inventory::REQUEST_ON;
    case 3:
      return inventory::REQUEST_OFF;
    case 9:
      return inventory::REQUEST_PAUSE;
    case 11:
      return inventory::REQUEST_RESET;
    case 4:
      return inventory::InventoryError(ErrorKind::kNotSupported,
                                       "shutting a guest down (4) needs integration services, which are not supported: "
                                       "shut it down from inside, or turn it off (3)");
    case 6:
      return inventory::InventoryError(
          ErrorKind::kNotSupported, "saving a machine's state (6) is not supported: pause it (9) or turn it off (3)");
    case 10:
      return inventory::InventoryError(ErrorKind::kNotSupported,
                                       "rebooting a guest (10) needs integration services, which are not supported: "
                                       "reset the machine (11)");
    default:
      return inventory::InventoryError(
          ErrorKind::kNotSupported, absl::StrCat("the requested state ", state,
                                                 " is not supported: give 2 (on), 3 (off), 9 (pause) or 11 (reset)"));
  }
}

const std::vector<LookupSlot>& Lookups() {
  static const auto* const lookups = new std::vector<LookupSlot>{{System::kNameSlot, TextMeaning::kMachineId},
                                                                 {System::kElementNameSlot, TextMeaning::kMachineName}};
  return *lookups;
}

// False when a hint on a name says that the host is not meant.
bool MayBeHost(const ViewContext& context, const std::vector<broker::LookupHint>& hints) {
  const std::string& name = context.dependencies.host_name;
  return std::all_of(hints.begin(), hints.end(), [&](const broker::LookupHint& hint) {
    if (!HasMachineIndex(hint, Lookups())) return true;
    const std::string& text = hint.value.string();
    return hint.is_prefix ? cim::StartsWithFolded(name, text) : cim::EqualsFolded(name, text);
  });
}

}  // namespace

absl::Status ComputerSystemProvider::Enumerate(const broker::ReadContext& context,
                                               const broker::EnumerateRequest& request, broker::InstanceSink sink) {
  const bool measure = request.properties.Contains(System::kOnTimeInMillisecondsSlot);
  bool more = true;
  SelectMachines(ReadPointOf(context).machines(), request.hints, Lookups(),
                 [&](const inventory::MachinePointer& machine) {
                   const broker::RowFilter::Verdict verdict = Decide(request.filter, MachineRow(machine->record));
                   more = verdict != broker::RowFilter::Verdict::kStop;
                   if (verdict != broker::RowFilter::Verdict::kMake) return more;
                   std::optional<uint64_t> on_time;
                   if (measure) on_time = OnTimeMilliseconds(context_, machine->record);
                   more = sink(RenderMachine(context_, machine->record, request.properties, on_time));
                   return more;
                 });
  if (more && MayBeHost(context_, request.hints)) sink(RenderHost(context_));
  return absl::OkStatus();
}

bool ComputerSystemProvider::HasIndex(const cim::Class&, const broker::LookupHint& hint) const {
  return HasMachineIndex(hint, Lookups());
}

absl::StatusOr<InstancePointer> ComputerSystemProvider::Get(const broker::ReadContext& context, const ClassPointer&,
                                                            const cim::ObjectPath& path,
                                                            const cim::PropertySet& properties) {
  const std::optional<std::string> name = ComputerSystemName(context_, path);
  if (!name.has_value()) return NoSuchSystem(path);
  if (IsHostName(context_, *name)) return RenderHost(context_);
  const inventory::MachinePointer machine = ReadPointOf(context).machines().Find(*name);
  if (machine == nullptr) return NoSuchSystem(path);
  std::optional<uint64_t> on_time;
  if (properties.Contains(System::kOnTimeInMillisecondsSlot)) on_time = OnTimeMilliseconds(context_, machine->record);
  return RenderMachine(context_, machine->record, properties, on_time);
}

absl::StatusOr<broker::MethodResult> ComputerSystemProvider::Invoke(const broker::ReadContext& context,
                                                                    security::Operation& operation,
                                                                    broker::MethodCall call) {
  const std::optional<std::string> name = ComputerSystemName(context_, call.path);
  if (!name.has_value()) return NoSuchSystem(call.path);
  if (!absl::EqualsIgnoreCase(call.method->name, System::RequestStateChange::kName)) {
    return MethodNotSupported(context_, call);
  }
  if (IsHostName(context_, *name)) {
    return Failure(context_, call,
                   inventory::InventoryError(ErrorKind::kNotSupported,
                                             "changing the state of the host itself is not supported: name a machine"));
  }
  if (ReadPointOf(context).machines().Find(*name) == nullptr) return NoSuchSystem(call.path);
  return RequestStateChange(operation, call);
}

absl::StatusOr<broker::MethodResult> ComputerSystemProvider::RequestStateChange(security::Operation& operation,
                                                                                const broker::MethodCall& call) const {
  const absl::StatusOr<inventory::Request> request = RequestOf(System::RequestStateChange::In(call.parameters));
  if (!request.ok()) return Failure(context_, call, request.status());
  broker::MethodResult result;
  const absl::StatusOr<std::string> job = context_.dependencies.inventory->RequestStateChange(
      operation, *ComputerSystemName(context_, call.path), *request, [&](const std::string& job_id) {
        System::RequestStateChange::Out out;
        out.set_job(JobPath(context_, job_id));
        result.return_value = kReturnJobStarted;
        result.out_parameters = std::move(out).Take();
        operation.outcome = broker::SerializeOutcome(*call.method, result);
      });
  return Finish(context_, call, job.status(), std::move(result));
}

}  // namespace cimvisor::views
