// One point in time of all machines: immutable, shared, safe to read on any thread without a lock.
//
// Snapshots share structure: the one after a commit differs from the one before in O(log n) nodes. A reader holds its
// snapshot for one operation.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_SNAPSHOT_H_
#define CIMVISOR_PROVIDERS_INVENTORY_SNAPSHOT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "providers/inventory/persistent_set.h"
#include "providers/inventory/records.pb.h"

namespace cimvisor::inventory {

// A machine as it was committed. Immutable once published.
struct Machine {
  MachineRecord record;
  int64_t revision = 0;  // of the commit that made this version

  const std::string& id() const { return record.id(); }
  const std::string& name() const { return record.configuration().system().name(); }
  State state() const { return record.runtime().state(); }
};
using MachinePointer = std::shared_ptr<const Machine>;

// Takes one machine; false: stop.
using MachineSink = absl::FunctionRef<bool(const MachinePointer&)>;

class Snapshot {
 public:
  Snapshot() = default;

  // The revision of the last change of any machine.
  int64_t revision() const { return revision_; }
  size_t size() const { return by_id_.size(); }

  // The machine with this GUID, in any case; null when there is none.
  MachinePointer Find(absl::string_view id) const;
  // Every machine of this name, without regard to case (service/cim/case_fold.h), by id.
  std::vector<MachinePointer> FindByName(absl::string_view name) const;
  // Every machine whose name begins so, by name.
  void ForEachWithNamePrefix(absl::string_view prefix, MachineSink sink) const;
  // Every machine, by id.
  void ForEach(MachineSink sink) const;
  // Every machine whose id begins so (in any case), by id.
  void ForEachWithIdPrefix(absl::string_view prefix, MachineSink sink) const;
  // Every machine that was changed after `revision`, in the order of the changes.
  void ForEachChangedAfter(int64_t revision, MachineSink sink) const;

  // The snapshot in which `machine` takes the place of the machine with its id, or is new.
  Snapshot With(const MachinePointer& machine) const;
  // The snapshot without this machine.
  Snapshot Without(absl::string_view id, int64_t revision) const;

 private:
  struct IdLess {
    bool operator()(const MachinePointer& a, const MachinePointer& b) const;
    bool operator()(const MachinePointer& a, absl::string_view id) const;
    bool operator()(absl::string_view id, const MachinePointer& b) const;
  };
  struct NameLess {
    bool operator()(const MachinePointer& a, const MachinePointer& b) const;
    bool operator()(const MachinePointer& a, absl::string_view name) const;
    bool operator()(absl::string_view name, const MachinePointer& b) const;
  };
  struct RevisionLess {
    bool operator()(const MachinePointer& a, const MachinePointer& b) const;
    bool operator()(const MachinePointer& a, int64_t revision) const { return a->revision < revision; }
    bool operator()(int64_t revision, const MachinePointer& b) const { return revision < b->revision; }
  };

  PersistentSet<MachinePointer, IdLess> by_id_;
  PersistentSet<MachinePointer, NameLess> by_name_;
  PersistentSet<MachinePointer, RevisionLess> by_revision_;
  int64_t revision_ = 0;
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_SNAPSHOT_H_
