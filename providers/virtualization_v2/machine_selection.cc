#include "providers/virtualization_v2/machine_selection.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace cimvisor::views {
namespace {

constexpr absl::string_view kInstanceIdPrefix = "Microsoft:";
constexpr size_t kGuidCharacters = 36;

void SelectById(const inventory::Snapshot& machines, absl::string_view id, inventory::MachineSink sink) {
  if (const inventory::MachinePointer machine = machines.Find(id); machine != nullptr) sink(machine);
}

// Looks up the machines of an InstanceID, or of the beginning of one. False when the text is too short to tell.
bool SelectByInstanceId(const inventory::Snapshot& machines, absl::string_view text, inventory::MachineSink sink) {
  if (text.size() < kInstanceIdPrefix.size()) return false;
  if (!absl::StartsWithIgnoreCase(text, kInstanceIdPrefix)) return true;  // of no machine
  text.remove_prefix(kInstanceIdPrefix.size());
  if (text.empty()) return false;  // of every machine
  if (text.size() >= kGuidCharacters) {
    SelectById(machines, text.substr(0, kGuidCharacters), sink);
  } else {
    machines.ForEachWithIdPrefix(text, sink);
  }
  return true;
}

// True when the hint led to an index, and `sink` had its machines.
bool SelectByHint(const inventory::Snapshot& machines, const broker::LookupHint& hint, TextMeaning meaning,
                  inventory::MachineSink sink) {
  if (hint.value.is_null() || hint.value.is_array() || hint.value.type() != cim::CimType::kString) return false;
  const std::string& text = hint.value.string();
  switch (meaning) {
    case TextMeaning::kMachineId:
      if (hint.is_prefix) {
        machines.ForEachWithIdPrefix(text, sink);
      } else {
        SelectById(machines, text, sink);
      }
      return true;
    case TextMeaning::kMachineName:
      if (hint.is_prefix) {
        machines.ForEachWithNamePrefix(text, sink);
        return true;
      }
      for (const inventory::MachinePointer& machine : machines.FindByName(text)) {
        if (!sink(machine)) break;
      }
      return true;
    case TextMeaning::kSettingsInstanceId:
      return SelectByInstanceId(machines, text, sink);
  }
  return false;
}

bool SelectByMeaning(const inventory::Snapshot& machines, const std::vector<broker::LookupHint>& hints,
                     const std::vector<LookupSlot>& slots, TextMeaning meaning, bool is_prefix,
                     inventory::MachineSink sink) {
  for (const broker::LookupHint& hint : hints) {
    if (hint.is_prefix != is_prefix) continue;
    for (const LookupSlot& slot : slots) {
      if (slot.slot == hint.slot && slot.meaning == meaning && SelectByHint(machines, hint, meaning, sink)) return true;
    }
  }
  return false;
}

}  // namespace

bool HasMachineIndex(const broker::LookupHint& hint, const std::vector<LookupSlot>& slots) {
  if (hint.value.is_null() || hint.value.is_array() || hint.value.type() != cim::CimType::kString) return false;
  return std::any_of(slots.begin(), slots.end(), [&](const LookupSlot& slot) {
    if (slot.slot != hint.slot) return false;
    return slot.meaning != TextMeaning::kSettingsInstanceId || hint.value.string().size() > kInstanceIdPrefix.size();
  });
}

void SelectMachines(const inventory::Snapshot& machines, const std::vector<broker::LookupHint>& hints,
                    const std::vector<LookupSlot>& slots, inventory::MachineSink sink) {
  // One machine at most, then those of a name, then a range.
  for (const TextMeaning meaning :
       {TextMeaning::kMachineId, TextMeaning::kSettingsInstanceId, TextMeaning::kMachineName}) {
    if (SelectByMeaning(machines, hints, slots, meaning, /*is_prefix=*/false, sink)) return;
  }
  for (const TextMeaning meaning :
       {TextMeaning::kSettingsInstanceId, TextMeaning::kMachineId, TextMeaning::kMachineName}) {
    if (SelectByMeaning(machines, hints, slots, meaning, /*is_prefix=*/true, sink)) return;
  }
  machines.ForEach(sink);
}

}  // namespace cimvisor::views
