// The tables of the inventory and their rows.
//
//   inventory_machine(id TEXT PRIMARY KEY, revision INTEGER, record BLOB)  one row a machine; record: MachineRecord
//   inventory_fact(name TEXT PRIMARY KEY, value TEXT)                      "boot_id": of the host when last served
#ifndef CIMVISOR_PROVIDERS_INVENTORY_RECORD_TABLE_H_
#define CIMVISOR_PROVIDERS_INVENTORY_RECORD_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "providers/inventory/snapshot.h"
#include "service/store/store.h"

namespace cimvisor::inventory {

inline constexpr uint32_t kRecordVersion = 1;

std::vector<store::Migration> InventoryMigrations();

// Every machine. kDataLoss names a row whose record cannot be read; kFailedPrecondition one of a newer version.
absl::StatusOr<std::vector<MachinePointer>> ReadMachines(store::Store& store);

// Inserts or replaces the row, with the transaction's revision. `record`: a serialised MachineRecord.
absl::Status WriteMachine(store::Transaction& transaction, absl::string_view id, const std::string& record);
absl::Status DeleteMachine(store::Transaction& transaction, absl::string_view id);

// Empty when it was never written.
absl::StatusOr<std::string> ReadFact(store::Store& store, absl::string_view name);
absl::Status WriteFact(store::Transaction& transaction, absl::string_view name, absl::string_view value);

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_RECORD_TABLE_H_
