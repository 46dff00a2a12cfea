#include "providers/inventory/live_machines.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "providers/inventory/errors.h"

namespace cimvisor::inventory {

std::shared_ptr<LiveMachine> LiveMachines::Find(absl::string_view machine_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = machines_.find(machine_id);
  return found == machines_.end() ? nullptr : found->second;
}

void LiveMachines::Add(const std::string& machine_id, std::shared_ptr<LiveMachine> machine) {
  absl::MutexLock lock(&mutex_);
  machines_[machine_id].swap(machine);
  // What was there goes with `machine`, which is older than the lock.
}

void LiveMachines::Remove(const std::string& machine_id, absl::string_view launch_id) {
  std::shared_ptr<LiveMachine> removed;  // destroyed after the lock is given back
  absl::MutexLock lock(&mutex_);
  const auto found = machines_.find(machine_id);
  if (found == machines_.end() || found->second->launch_id() != launch_id) return;
  removed = std::move(found->second);
  machines_.erase(found);
}

void LiveMachines::DetachAll() {
  absl::flat_hash_map<std::string, std::shared_ptr<LiveMachine>> machines;
  {
    absl::MutexLock lock(&mutex_);
    machines.swap(machines_);
  }
  for (const auto& [id, machine] : machines) machine->Detach();
}

SerialPorts LiveMachines::PortsOf(const std::string& machine_id) {
  absl::MutexLock lock(&mutex_);
  SerialPorts& ports = ports_[machine_id];
  for (uint32_t port = 0; port < ports.size(); ++port) {
    if (ports[port] != nullptr) continue;
    ports[port] = std::make_shared<SerialPortHub>(
        [self = weak_from_this(), machine_id, port](absl::string_view bytes) -> absl::StatusOr<size_t> {
          const std::shared_ptr<LiveMachines> machines = self.lock();
          const std::shared_ptr<LiveMachine> machine = machines == nullptr ? nullptr : machines->Find(machine_id);
          if (machine != nullptr) return machine->WriteSerial(port, bytes);
          return InventoryError(ErrorKind::kInvalidState,
                                absl::StrCat("the machine ", machine_id, " is off: start it first"));
        });
  }
  return ports;
}

void LiveMachines::EndPorts(const std::string& machine_id, const std::string& reason) {
  SerialPorts ports;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = ports_.find(machine_id);
    if (found == ports_.end()) return;
    ports = found->second;
    ports_.erase(found);
  }
  for (const std::shared_ptr<SerialPortHub>& port : ports) port->End(reason);
}

}  // namespace cimvisor::inventory
