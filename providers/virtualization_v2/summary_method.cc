// GetSummaryInformation.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "providers/schema/msvm_v2/services.h"
#include "providers/virtualization_v2/object_paths.h"
#include "providers/virtualization_v2/outcome.h"
#include "providers/virtualization_v2/read_point.h"
#include "providers/virtualization_v2/service_methods.h"
#include "providers/virtualization_v2/summary_information.h"

namespace cimvisor::views {
namespace {

using Service = msvm::v2::VirtualSystemManagementService;

// The machines whose settings are named, in that order; all of them where none is.
absl::StatusOr<std::vector<inventory::MachinePointer>> MachinesOf(const ViewContext& views,
                                                                  const inventory::Snapshot& machines,
                                                                  const Service::GetSummaryInformation::In& in) {
  std::vector<inventory::MachinePointer> found;
  const auto named = in.setting_data();
  if (!named.has_value() || named->empty()) {
    machines.ForEach([&found](const inventory::MachinePointer& machine) {
      found.push_back(machine);
      return true;
    });
    return found;
  }
  for (const cim::ObjectPath& path : *named) {
    const std::optional<std::string> id = MachineIdOfPath(views, path);
    inventory::MachinePointer machine = id.has_value() ? machines.Find(*id) : nullptr;
    if (machine == nullptr) {
      return inventory::InventoryError(
          inventory::ErrorKind::kInvalidParameter,
          absl::StrCat("SettingData ", path.RelativeText(), " names no machine's settings"));
    }
    found.push_back(std::move(machine));
  }
  return found;
}

}  // namespace

absl::StatusOr<broker::MethodResult> GetSummaryInformation(const ViewContext& views, const broker::ReadContext& context,
                                                           security::Operation&, const broker::MethodCall& call) {
  const Service::GetSummaryInformation::In in(call.parameters);
  const auto codes = in.requested_information();
  std::vector<uint32_t> numbers;
  if (codes.has_value()) {
    for (const auto code : *codes) numbers.push_back(static_cast<uint32_t>(code));
  }
  const absl::StatusOr<cim::PropertySet> properties = SummaryProperties(numbers);
  if (!properties.ok()) return Failure(views, call, properties.status());
  const ViewReadPoint& read_point = ReadPointOf(context);
  const absl::StatusOr<std::vector<inventory::MachinePointer>> machines = MachinesOf(views, read_point.machines(), in);
  if (!machines.ok()) return Failure(views, call, machines.status());
  std::vector<InstancePointer> summaries;
  summaries.reserve(machines->size());
  for (const inventory::MachinePointer& machine : *machines) {
    summaries.push_back(RenderSummary(views, read_point, machine->record, *properties));
  }
  Service::GetSummaryInformation::Out out;
  out.set_summary_information(std::move(summaries));
  broker::MethodResult result;
  result.out_parameters = std::move(out).Take();
  return result;
}

}  // namespace cimvisor::views
