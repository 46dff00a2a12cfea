#include "providers/inventory/snapshot.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/cim/case_fold.h"

namespace cimvisor::inventory {
namespace {

// Below, equal or above zero, ASCII letters without regard to case.
int CompareIgnoreCase(absl::string_view a, absl::string_view b) {
  const size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i) {
    const int difference = static_cast<int>(absl::ascii_tolower(static_cast<unsigned char>(a[i]))) -
                           static_cast<int>(absl::ascii_tolower(static_cast<unsigned char>(b[i])));
    if (difference != 0) return difference;
  }
  return a.size() < b.size() ? -1 : (a.size() > b.size() ? 1 : 0);
}

}  // namespace

bool Snapshot::IdLess::operator()(const MachinePointer& a, const MachinePointer& b) const {
  return CompareIgnoreCase(a->id(), b->id()) < 0;
}
bool Snapshot::IdLess::operator()(const MachinePointer& a, absl::string_view id) const {
  return CompareIgnoreCase(a->id(), id) < 0;
}
bool Snapshot::IdLess::operator()(absl::string_view id, const MachinePointer& b) const {
  return CompareIgnoreCase(id, b->id()) < 0;
}

bool Snapshot::NameLess::operator()(const MachinePointer& a, const MachinePointer& b) const {
  const int order = cim::CompareFolded(a->name(), b->name());
  return order != 0 ? order < 0 : a->id() < b->id();
}
bool Snapshot::NameLess::operator()(const MachinePointer& a, absl::string_view name) const {
  return cim::CompareFolded(a->name(), name) < 0;
}
bool Snapshot::NameLess::operator()(absl::string_view name, const MachinePointer& b) const {
  return cim::CompareFolded(name, b->name()) < 0;
}

bool Snapshot::RevisionLess::operator()(const MachinePointer& a, const MachinePointer& b) const {
  return a->revision != b->revision ? a->revision < b->revision : a->id() < b->id();
}

MachinePointer Snapshot::Find(absl::string_view id) const {
  const MachinePointer* found = by_id_.Find(id);
  return found == nullptr ? nullptr : *found;
}

std::vector<MachinePointer> Snapshot::FindByName(absl::string_view name) const {
  std::vector<MachinePointer> result;
  by_name_.ForEachFrom(name, [&](const MachinePointer& machine) {
    if (!cim::EqualsFolded(machine->name(), name)) return false;
    result.push_back(machine);
    return true;
  });
  return result;
}

void Snapshot::ForEachWithNamePrefix(absl::string_view prefix, MachineSink sink) const {
  by_name_.ForEachFrom(prefix, [&](const MachinePointer& machine) {
    return cim::StartsWithFolded(machine->name(), prefix) && sink(machine);
  });
}

void Snapshot::ForEach(MachineSink sink) const { by_id_.ForEach(sink); }

void Snapshot::ForEachWithIdPrefix(absl::string_view prefix, MachineSink sink) const {
  by_id_.ForEachFrom(prefix, [&](const MachinePointer& machine) {
    return absl::StartsWithIgnoreCase(machine->id(), prefix) && sink(machine);
  });
}

void Snapshot::ForEachChangedAfter(int64_t revision, MachineSink sink) const {
  by_revision_.ForEachFrom(revision + 1, sink);
}

Snapshot Snapshot::With(const MachinePointer& machine) const {
  Snapshot result = Without(machine->id(), machine->revision);
  result.by_id_ = result.by_id_.Insert(machine);
  result.by_name_ = result.by_name_.Insert(machine);
  result.by_revision_ = result.by_revision_.Insert(machine);
  return result;
}

Snapshot Snapshot::Without(absl::string_view id, int64_t revision) const {
  Snapshot result = *this;
  result.revision_ = std::max(revision_, revision);
  const MachinePointer before = Find(id);
  if (before != nullptr) {
    result.by_id_ = by_id_.Erase(before);
    result.by_name_ = by_name_.Erase(before);
    result.by_revision_ = by_revision_.Erase(before);
  }
  return result;
}

}  // namespace cimvisor::inventory
