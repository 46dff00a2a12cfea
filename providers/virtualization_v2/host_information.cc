#include "providers/virtualization_v2/host_information.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "providers/schema/msvm_v2/cimvisor.h"
#include "providers/virtualization_v2/object_paths.h"
#include "service/cim/errors.h"

namespace cimvisor::views {
namespace {

using Host = msvm::v2::CimvisorHostInformation;

constexpr char kInstanceId[] = "Cimvisor:Host";

Host::VerdictValue VerdictOf(absl::string_view text) {
  if (text == "any guest") return Host::VerdictValue::kAnyGuest;
  if (text == "small guests") return Host::VerdictValue::kSmallGuests;
  if (text == "none") return Host::VerdictValue::kNone;
  return Host::VerdictValue::kUnknown;
}

InstancePointer Render(const ViewContext& context) {
  const HostInformation information = context.dependencies.host_information();
  Host host(context.classes.host_information);
  host.set_instance_id(kInstanceId);
  host.set_caption("Host Information");
  host.set_element_name(context.dependencies.host_name);
  host.set_verdict(VerdictOf(information.verdict));
  host.set_checked(information.checked);
  host.set_advice(information.advice);
  std::vector<std::string> names;
  std::vector<bool> outcomes;
  std::vector<std::string> details;
  for (const HostInformation::Probe& probe : information.probes) {
    names.push_back(probe.name);
    outcomes.push_back(probe.passed);
    details.push_back(probe.detail);
  }
  host.set_probe_names(std::move(names));
  host.set_probe_outcomes(std::move(outcomes));
  host.set_probe_details(std::move(details));
  host.set_backend(information.backend);
  host.set_processor(information.processor);
  host.set_kernel_release(information.kernel_release);
  host.set_program_version(information.program_version);
  host.set_number_of_logical_processors(information.logical_processors);
  host.set_memory_size(information.memory_bytes);
  host.set_maximum_processors_per_machine(information.maximum_processors_per_machine);
  host.set_roots(information.roots);
  if (information.service_started != absl::InfinitePast()) {
    host.set_service_started(cim::DateTime::FromTime(information.service_started));
  }
  return std::move(host).Take();
}

}  // namespace

absl::Status HostInformationProvider::Enumerate(const broker::ReadContext&, const broker::EnumerateRequest&,
                                                broker::InstanceSink sink) {
  sink(Render(context_));
  return absl::OkStatus();
}

absl::StatusOr<InstancePointer> HostInformationProvider::Get(const broker::ReadContext&, const ClassPointer& cls,
                                                             const cim::ObjectPath& path, const cim::PropertySet&) {
  const std::optional<std::string> id = TextKey(path, *cls, Host::kInstanceIDSlot);
  if (id.has_value() && absl::EqualsIgnoreCase(*id, kInstanceId)) return Render(context_);
  return cim::CimError(cim::CimStatus::kNotFound, absl::StrCat("there is no ", cls->name(), " ", path.RelativeText(),
                                                               ": its InstanceID is ", kInstanceId));
}

}  // namespace cimvisor::views
