// The revision of each part of a machine: what a client may demand that it read (optimistic concurrency).
//
// A record is written before its revision is known, so in the database and the journal a 0 stands for "the revision of
// this row". In memory every number is filled in.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_PART_REVISIONS_H_
#define CIMVISOR_PROVIDERS_INVENTORY_PART_REVISIONS_H_

#include <cstdint>

#include "providers/inventory/device_ids.h"
#include "providers/inventory/records.pb.h"

namespace cimvisor::inventory {

// Before a commit: 0 for each part of `after` that differs from `before`, for the others what they had. `before` has
// its numbers filled in; null: a creation.
void MarkChangedParts(const MachineRecord* before, MachineRecord* after);

// After it, and for what was read: `revision` in place of each 0.
void FillRevisions(int64_t revision, MachineRecord* record);

// The revision of the last change of one part; 0 for a record that was never committed.
int64_t RevisionOf(const MachineRecord& record, DeviceKind kind, int number = 0);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_PART_REVISIONS_H_
