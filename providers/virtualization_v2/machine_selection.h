// Which machines an enumeration has to look at: an index of the inventory where a hint allows it, else all.
#ifndef CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MACHINE_SELECTION_H_
#define CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MACHINE_SELECTION_H_

#include <cstdint>
#include <vector>

#include "providers/inventory/snapshot.h"
#include "service/broker/provider.h"

namespace cimvisor::views {

// What the text of a property says of the machine that it belongs to.
enum class TextMeaning : uint8_t {
  kMachineId,           // the machine's GUID
  kMachineName,         // its ElementName
  kSettingsInstanceId,  // "Microsoft:<GUID>…"
};

struct LookupSlot {
  int slot = -1;
  TextMeaning meaning = TextMeaning::kMachineId;
};

// Calls `sink` for every machine whose instances can satisfy all `hints`, and perhaps for others: the broker evaluates
// the condition again. `slots` are the properties of the class that lead to an index.
void SelectMachines(const inventory::Snapshot& machines, const std::vector<broker::LookupHint>& hints,
                    const std::vector<LookupSlot>& slots, inventory::MachineSink sink);

// True when SelectMachines uses an index for this hint.
bool HasMachineIndex(const broker::LookupHint& hint, const std::vector<LookupSlot>& slots);

}  // namespace cimvisor::views

#endif  // CIMVISOR_PROVIDERS_VIRTUALIZATION_V2_MACHINE_SELECTION_H_
