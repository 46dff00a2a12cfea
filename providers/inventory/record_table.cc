#include "providers/inventory/record_table.h"

#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "hypervisor-backend/machine/status_macros.h"
#include "providers/inventory/device_ids.h"
#include "providers/inventory/part_revisions.h"

namespace cimvisor::inventory {
namespace {

absl::StatusOr<MachinePointer> ParseRow(const store::SqlRow& row) {
  const auto* id = row.size() == 3 ? std::get_if<std::string>(row.data()) : nullptr;
  const auto* revision = row.size() == 3 ? std::get_if<int64_t>(&row[1]) : nullptr;
  const auto* blob = row.size() == 3 ? std::get_if<store::Blob>(&row[2]) : nullptr;
  const std::string advice = ": restore a backup with cimvisord --restore";
  if (id == nullptr || revision == nullptr || blob == nullptr) {
    return absl::DataLossError(
        absl::StrCat("a row of the table inventory_machine has other types than it should", advice));
  }
  auto machine = std::make_shared<Machine>();
  machine->revision = *revision;
  if (!machine->record.ParseFromString(blob->bytes)) {
    return absl::DataLossError(absl::StrCat("the record of the machine ", *id, " cannot be read", advice));
  }
  if (machine->record.version() > kRecordVersion) {
    return absl::FailedPreconditionError(absl::StrCat("the record of the machine ", *id, " has the version ",
                                                      machine->record.version(), ", this program knows versions up to ",
                                                      kRecordVersion, ": start a newer cimvisord"));
  }
  if (machine->id() != *id || !IsGuid(*id)) {
    return absl::DataLossError(
        absl::StrCat("the record of the machine ", *id, " is that of \"", machine->id(), "\"", advice));
  }
  FillRevisions(machine->revision, &machine->record);
  return machine;
}

}  // namespace

std::vector<store::Migration> InventoryMigrations() {
  store::Migration first;
  first.owner = "inventory";
  first.version = 1;
  first.statements = {
      "CREATE TABLE inventory_machine (id TEXT PRIMARY KEY NOT NULL, revision INTEGER NOT NULL, record BLOB NOT NULL)",
      "CREATE TABLE inventory_fact (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)",
  };
  return {first};
}

absl::StatusOr<std::vector<MachinePointer>> ReadMachines(store::Store& store) {
  ASSIGN_OR_RETURN(const std::vector<store::SqlRow> rows,
                   store.Read("SELECT id, revision, record FROM inventory_machine"));
  std::vector<MachinePointer> machines;
  machines.reserve(rows.size());
  for (const store::SqlRow& row : rows) {
    ASSIGN_OR_RETURN(MachinePointer machine, ParseRow(row));
    machines.push_back(std::move(machine));
  }
  return machines;
}

absl::Status WriteMachine(store::Transaction& transaction, absl::string_view id, const std::string& record) {
  return transaction.Execute("INSERT OR REPLACE INTO inventory_machine (id, revision, record) VALUES (?, ?, ?)",
                             {std::string(id), transaction.revision(), store::Blob{record}});
}

absl::Status DeleteMachine(store::Transaction& transaction, absl::string_view id) {
  return transaction.Execute("DELETE FROM inventory_machine WHERE id = ?", {std::string(id)});
}

absl::StatusOr<std::string> ReadFact(store::Store& store, absl::string_view name) {
  ASSIGN_OR_RETURN(const std::vector<store::SqlRow> rows,
                   store.Read("SELECT value FROM inventory_fact WHERE name = ?", {std::string(name)}));
  if (rows.empty() || rows[0].empty()) return std::string();
  const auto* value = std::get_if<std::string>(rows[0].data());
  return value == nullptr ? std::string() : *value;
}

absl::Status WriteFact(store::Transaction& transaction, absl::string_view name, absl::string_view value) {
  return transaction.Execute("INSERT OR REPLACE INTO inventory_fact (name, value) VALUES (?, ?)",
                             {std::string(name), std::string(value)});
}

}  // namespace cimvisor::inventory
