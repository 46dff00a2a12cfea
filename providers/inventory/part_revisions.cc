#include "providers/inventory/part_revisions.h"

#include <algorithm>
#include <string>

#include "google/protobuf/message_lite.h"

namespace cimvisor::inventory {
namespace {

bool Same(const google::protobuf::MessageLite& a, const google::protobuf::MessageLite& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

void Fill(int64_t revision, PartRevisions* revisions) {
  if (revisions->machine() == 0) revisions->set_machine(revision);
  if (revisions->created() == 0) revisions->set_created(revision);
  if (revisions->system() == 0) revisions->set_system(revision);
  if (revisions->memory() == 0) revisions->set_memory(revision);
  if (revisions->processor() == 0) revisions->set_processor(revision);
  if (revisions->linux_kernel() == 0) revisions->set_linux_kernel(revision);
  if (revisions->linux_kernel_presence() == 0) revisions->set_linux_kernel_presence(revision);
  for (int64_t& port : *revisions->mutable_serial_ports()) {
    if (port == 0) port = revision;
  }
}

}  // namespace

void MarkChangedParts(const MachineRecord* before, MachineRecord* after) {
  PartRevisions& marked = *after->mutable_revisions();
  const Configuration& now = after->configuration();
  if (before == nullptr) {
    marked.Clear();
    marked.mutable_serial_ports()->Resize(now.serial_ports_size(), 0);
    return;
  }
  const Configuration& was = before->configuration();
  marked = before->revisions();
  marked.set_machine(0);
  if (!Same(was.system(), now.system())) marked.set_system(0);
  if (!Same(was.memory(), now.memory())) marked.set_memory(0);
  if (!Same(was.processor(), now.processor())) marked.set_processor(0);
  if (was.has_linux_kernel() != now.has_linux_kernel()) marked.set_linux_kernel_presence(0);
  if (was.has_linux_kernel() != now.has_linux_kernel() || !Same(was.linux_kernel(), now.linux_kernel())) {
    marked.set_linux_kernel(0);
  }
  marked.mutable_serial_ports()->Resize(now.serial_ports_size(), 0);
  for (int port = 0; port < std::min(was.serial_ports_size(), now.serial_ports_size()); ++port) {
    if (!Same(was.serial_ports(port), now.serial_ports(port))) marked.set_serial_ports(port, 0);
  }
}

void FillRevisions(int64_t revision, MachineRecord* record) {
  PartRevisions& revisions = *record->mutable_revisions();
  revisions.mutable_serial_ports()->Resize(record->configuration().serial_ports_size(), 0);
  Fill(revision, &revisions);
}

int64_t RevisionOf(const MachineRecord& record, DeviceKind kind, int number) {
  const PartRevisions& revisions = record.revisions();
  switch (kind) {
    case DeviceKind::kSystem:
      return revisions.system();
    case DeviceKind::kMemory:
      return revisions.memory();
    case DeviceKind::kProcessor:
      return revisions.processor();
    case DeviceKind::kSerialPort:
      return number < revisions.serial_ports_size() ? revisions.serial_ports(number) : 0;
    case DeviceKind::kLinuxKernel:
      return revisions.linux_kernel();
  }
  return 0;
}

}  // namespace cimvisor::inventory
