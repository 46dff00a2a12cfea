#include "providers/virtualization_v2/event_renderer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "providers/inventory/inventory.h"
#include "providers/inventory/part_revisions.h"
#include "providers/virtualization_v2/association_values.h"
#include "providers/virtualization_v2/job_values.h"
#include "providers/virtualization_v2/machine_values.h"
#include "providers/virtualization_v2/settings_view.h"

namespace cimvisor::views {
namespace {

using broker::RenderedEvent;
using inventory::DeviceId;
using inventory::DeviceKind;
using inventory::MachineRecord;
using Kind = store::JournalEntry::Kind;

// Gathers events: an instance that came, went, or is another than before.
class Events {
 public:
  void Add(InstancePointer before, InstancePointer after) {
    if (before == nullptr && after == nullptr) return;
    if (before == nullptr) {
      events_.push_back({Kind::kCreated, std::move(after), nullptr});
    } else if (after == nullptr) {
      events_.push_back({Kind::kDeleted, std::move(before), nullptr});
    } else if (!(*before == *after)) {
      events_.push_back({Kind::kModified, std::move(after), std::move(before)});
    }
  }
  std::vector<RenderedEvent> Take() && { return std::move(events_); }

 private:
  std::vector<RenderedEvent> events_;
};

bool SameConfiguration(const MachineRecord& a, const MachineRecord& b) {
  return a.configuration().SerializeAsString() == b.configuration().SerializeAsString();
}

// Every settings object that a machine has or had.
std::vector<DeviceId> SettingsOfEither(const MachineRecord* before, const MachineRecord* after) {
  std::vector<DeviceId> ids;
  if (after != nullptr) ids = SettingsOfMachine(*after);
  if (before == nullptr) return ids;
  for (const DeviceId& id : SettingsOfMachine(*before)) {
    const bool known = std::any_of(ids.begin(), ids.end(), [&id](const DeviceId& other) {
      return other.kind == id.kind && other.number == id.number;
    });
    if (!known) ids.push_back(id);
  }
  return ids;
}

InstancePointer SettingsIn(const ViewContext& context, const MachineRecord* machine, const DeviceId& id) {
  if (machine == nullptr || id.number >= ViewOfKind(id.kind).count(*machine)) return nullptr;
  return RenderSettings(context, *machine, id, cim::PropertySet::All());
}

bool Affects(const std::optional<jobs::Job>& job, const jobs::JobElement& element) {
  return job.has_value() && std::find(job->affected.begin(), job->affected.end(), element) != job->affected.end();
}

}  // namespace

std::vector<RenderedEvent> ViewEventRenderer::RenderMachineChange(const inventory::MachineChange& change) const {
  const MachineRecord* before = change.has_before() ? &change.before() : nullptr;
  const MachineRecord* after = change.has_after() ? &change.after() : nullptr;
  const auto machine_in = [this](const MachineRecord* record) {
    return record == nullptr ? nullptr : RenderMachine(context_, *record, cim::PropertySet::All(), std::nullopt);
  };
  Events events;
  events.Add(machine_in(before), machine_in(after));
  if (before != nullptr && after != nullptr && SameConfiguration(*before, *after)) return std::move(events).Take();

  const bool was = before != nullptr;
  const bool is = after != nullptr;
  if (was != is) {
    const std::string& id = is ? after->id() : before->id();
    const int64_t created = (is ? after : before)->revisions().created();
    const auto link = [&](InstancePointer association) {
      events.Add(was ? association : nullptr, is ? association : nullptr);
    };
    link(RenderSettingsDefineState(context_, id, created));
    link(RenderServiceAffectsElement(context_, id, created));
  }
  for (const DeviceId& id : SettingsOfEither(before, after)) {
    InstancePointer old_settings = SettingsIn(context_, before, id);
    InstancePointer new_settings = SettingsIn(context_, after, id);
    const bool had = old_settings != nullptr;
    const bool has = new_settings != nullptr;
    events.Add(std::move(old_settings), std::move(new_settings));
    if (had == has || id.kind == DeviceKind::kSystem) continue;
    const InstancePointer component =
        RenderSettingDataComponent(context_, id, ComponentRevision(has ? *after : *before, id.kind));
    events.Add(had ? component : nullptr, has ? component : nullptr);
  }
  return std::move(events).Take();
}

std::vector<RenderedEvent> ViewEventRenderer::RenderJobChange(const jobs::JobChange& change, absl::Time time) const {
  const auto job_in = [&](const std::optional<jobs::Job>& job) {
    return job.has_value() ? RenderJob(context_, *job, time) : nullptr;
  };
  Events events;
  events.Add(job_in(change.before), job_in(change.after));
  std::vector<jobs::JobElement> elements;
  if (change.after.has_value()) elements = change.after->affected;
  if (change.before.has_value()) {
    for (const jobs::JobElement& element : change.before->affected) {
      if (!Affects(change.after, element)) elements.push_back(element);
    }
  }
  const std::string& id = change.after.has_value() ? change.after->id : change.before->id;
  const int64_t created = change.after.has_value() ? change.after->created_revision : change.before->created_revision;
  for (const jobs::JobElement& element : elements) {
    const bool was = Affects(change.before, element);
    const bool is = Affects(change.after, element);
    if (was == is || element.entity_kind != inventory::kMachineEntity) continue;
    const InstancePointer association = RenderAffectedJobElement(context_, element.entity_id, id, created);
    events.Add(was ? association : nullptr, is ? association : nullptr);
  }
  return std::move(events).Take();
}

std::vector<RenderedEvent> ViewEventRenderer::Render(const store::JournalEntry& entry) const {
  if (entry.entity_kind == inventory::kMachineEntity) {
    inventory::MachineChange change;
    if (!change.ParseFromString(entry.payload)) return {};
    if (change.has_before()) inventory::FillRevisions(change.before_revision(), change.mutable_before());
    if (change.has_after()) inventory::FillRevisions(entry.revision, change.mutable_after());
    return RenderMachineChange(change);
  }
  if (entry.entity_kind == jobs::kJobEntityKind) {
    const absl::StatusOr<jobs::JobChange> change = jobs::DecodeJobChange(entry.payload);
    if (!change.ok() || (!change->before.has_value() && !change->after.has_value())) return {};
    return RenderJobChange(*change, entry.time);
  }
  return {};
}

}  // namespace cimvisor::views
