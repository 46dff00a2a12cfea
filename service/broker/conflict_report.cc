#include "service/broker/conflict_report.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/broker/access.h"
#include "service/security/conflict.h"

namespace cimvisor::broker {
namespace {

using EntryPointer = std::shared_ptr<const store::JournalEntry>;

constexpr size_t kEntriesPerPoll = 256;
constexpr int kPolls = 8;               // of the journal after the expected revision
constexpr size_t kChangesShown = 4;     // the newest
constexpr size_t kPropertiesShown = 6;  // of each change
constexpr size_t kValueBytes = 60;

// Entries of the object above `after`, in order, as far as a few polls reach; empty when the journal does not.
std::vector<EntryPointer> ReadEntries(events::EventHub& hub, const security::Conflict& conflict, int64_t after) {
  std::vector<EntryPointer> entries;
  events::SubscribeRequest request;
  request.after = after;
  request.wanted = [&conflict](const store::JournalEntry& entry) {
    return entry.entity_kind == conflict.entity_kind && entry.entity_id == conflict.entity_id;
  };
  auto subscription = hub.Subscribe(std::move(request), [] {});
  if (!subscription.ok()) return entries;
  for (int poll = 0; poll < kPolls; ++poll) {
    absl::StatusOr<events::EventBatch> batch = (*subscription)->Poll(kEntriesPerPoll);
    if (!batch.ok()) break;
    for (EntryPointer& entry : batch->entries) {
      if (entry->revision <= conflict.revision) entries.push_back(std::move(entry));
    }
    if (batch->resume_after >= conflict.revision || batch->entries.empty()) break;
  }
  return entries;
}

// All of them where they are few; the last one in any case.
std::vector<EntryPointer> ChangesSince(events::EventHub& hub, const security::Conflict& conflict) {
  std::vector<EntryPointer> entries = ReadEntries(hub, conflict, conflict.expected_revision);
  if (entries.empty() || entries.back()->revision < conflict.revision) {
    for (EntryPointer& entry : ReadEntries(hub, conflict, conflict.revision - 1)) entries.push_back(std::move(entry));
  }
  if (entries.size() > kChangesShown) entries.erase(entries.begin(), entries.end() - kChangesShown);
  return entries;
}

std::string Shown(const cim::Value& value) {
  if (value.is_null()) return "null";
  std::string text = value.ToText();
  if (text.size() > kValueBytes) text = absl::StrCat(text.substr(0, kValueBytes), "...");
  return text;
}

// "Msvm_MemorySettingData.VirtualQuantity from 1024 to 2048" of each property that differs.
void AppendDifferences(const RenderedEvent& event, std::vector<std::string>* differences) {
  const cim::Class& cls = event.target->cls();
  for (size_t i = 0; i < cls.properties().size(); ++i) {
    const cim::Property& property = cls.properties()[i];
    const int slot = static_cast<int>(i);
    if (property.is_volatile || event.previous->value(slot) == event.target->value(slot)) continue;
    differences->push_back(absl::StrCat(cls.name(), ".", property.name, " from ", Shown(event.previous->value(slot)),
                                        " to ", Shown(event.target->value(slot))));
  }
}

std::string WhatChanged(const BrokerDependencies& dependencies, const security::Caller& caller,
                        absl::string_view name_space, const store::JournalEntry& entry) {
  const EventRenderer* renderer = dependencies.providers->FindEventRenderer(name_space);
  if (renderer == nullptr) return "it";
  std::vector<std::string> what;
  for (const RenderedEvent& event : renderer->Render(entry)) {
    if (event.target == nullptr || !MayRead(dependencies, caller, event.target->cls())) continue;
    switch (event.kind) {
      case store::JournalEntry::Kind::kCreated:
        what.push_back(absl::StrCat("made a ", event.target->cls().name()));
        break;
      case store::JournalEntry::Kind::kDeleted:
        what.push_back(absl::StrCat("removed a ", event.target->cls().name()));
        break;
      case store::JournalEntry::Kind::kModified:
        if (event.previous != nullptr) AppendDifferences(event, &what);
        break;
      case store::JournalEntry::Kind::kOccurred:
        break;  // no change
    }
  }
  if (what.empty()) return "it";
  const size_t more = what.size() - std::min(what.size(), kPropertiesShown);
  what.resize(what.size() - more);
  std::string text = absl::StrJoin(what, ", ");
  if (more > 0) absl::StrAppend(&text, " and ", more, " more");
  return text;
}

std::string Describe(const BrokerDependencies& dependencies, const security::Caller& caller,
                     absl::string_view name_space, const store::JournalEntry& entry) {
  const auto audited = dependencies.audit_log->FindChange(entry.revision);
  const std::string who = audited.ok() && audited->has_value()
                              ? absl::StrCat((*audited)->caller, " (", (*audited)->operation, ")")
                              : std::string("the service itself");
  return absl::StrCat("at revision ", entry.revision, " (",
                      absl::FormatTime("%Y-%m-%d %H:%M:%S", entry.time, absl::UTCTimeZone()), " UTC) ", who,
                      " changed ", WhatChanged(dependencies, caller, name_space, entry));
}

}  // namespace

absl::Status ReportConflict(const BrokerDependencies& dependencies, const security::Caller& caller,
                            absl::string_view name_space, const absl::Status& status) {
  const std::optional<security::Conflict> conflict = security::ConflictOf(status);
  if (!conflict.has_value()) return status;
  std::vector<std::string> changes;
  for (const EntryPointer& entry : ChangesSince(*dependencies.events, *conflict)) {
    changes.push_back(Describe(dependencies, caller, name_space, *entry));
  }
  if (changes.empty()) return status;
  absl::Status reported(status.code(), absl::StrCat(status.message(), "; ", absl::StrJoin(changes, "; ")));
  status.ForEachPayload(
      [&reported](absl::string_view url, const absl::Cord& payload) { reported.SetPayload(url, payload); });
  return reported;
}

}  // namespace cimvisor::broker
