#include "providers/virtualization_v2/settings_provider.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "providers/virtualization_v2/object_paths.h"
#include "providers/virtualization_v2/read_point.h"
#include "providers/virtualization_v2/record_rows.h"
#include "providers/virtualization_v2/settings_view.h"
#include "service/cim/errors.h"

namespace cimvisor::views {

absl::Status SettingsProvider::Enumerate(const broker::ReadContext& context, const broker::EnumerateRequest& request,
                                         broker::InstanceSink sink) {
  const SettingsView& view = ViewOfKind(kind_);
  SelectMachines(
      ReadPointOf(context).machines(), request.hints, view.lookups, [&](const inventory::MachinePointer& machine) {
        const int count = view.count(machine->record);
        const broker::RowFilter::Verdict verdict = Decide(request.filter, SettingsRow(machine->record, kind_));
        if (count == 1 && verdict != broker::RowFilter::Verdict::kMake)
          return verdict == broker::RowFilter::Verdict::kSkip;
        for (int number = 0; number < count; ++number) {
          if (!sink(view.render(context_, machine->record, number, request.properties))) return false;
        }
        return true;
      });
  return absl::OkStatus();
}

bool SettingsProvider::HasIndex(const cim::Class&, const broker::LookupHint& hint) const {
  return HasMachineIndex(hint, ViewOfKind(kind_).lookups);
}

absl::StatusOr<InstancePointer> SettingsProvider::Get(const broker::ReadContext& context, const ClassPointer& cls,
                                                      const cim::ObjectPath& path, const cim::PropertySet& properties) {
  const SettingsView& view = ViewOfKind(kind_);
  const std::optional<inventory::DeviceId> id = SettingsOfPath(context_, path);
  if (id.has_value() && id->kind == kind_) {
    const inventory::MachinePointer machine = ReadPointOf(context).machines().Find(id->machine_id);
    if (machine != nullptr && id->number < view.count(machine->record)) {
      return view.render(context_, machine->record, id->number, properties);
    }
  }
  return cim::CimError(cim::CimStatus::kNotFound, absl::StrCat("there is no ", cls->name(), " ", path.RelativeText(),
                                                               ": list them with SELECT * FROM ", cls->name()));
}

}  // namespace cimvisor::views
