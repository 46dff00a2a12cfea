#include "service/store/testing/workload.h"

#include <set>

#include "absl/strings/str_cat.h"

namespace cimvisor::store::testing {
namespace {

absl::Status WriteItem(Transaction& transaction, int64_t item) {
  const std::string text = absl::StrCat("item ", item, std::string(700, '.'));
  for (const char* sql : {"INSERT INTO machine VALUES (?, ?)", "INSERT INTO settings VALUES (?, ?)"}) {
    absl::Status status = transaction.Execute(sql, {item, text});
    if (!status.ok()) return status;
  }
  transaction.AppendJournal({.kind = JournalEntry::Kind::kCreated,
                             .entity_kind = "machine",
                             .entity_id = absl::StrCat(item),
                             .payload = text});
  absl::Status status = transaction.Execute("UPDATE total SET items = items + 1");
  if (!status.ok()) return status;
  return item % 5 == 4 ? absl::AbortedError("on purpose") : absl::OkStatus();
}

absl::StatusOr<std::set<int64_t>> ItemsIn(Store& store, const std::string& sql) {
  auto rows = store.Read(sql);
  if (!rows.ok()) return rows.status();
  std::set<int64_t> items;
  for (const SqlRow& row : *rows) items.insert(std::get<int64_t>(row[0]));
  return items;
}

std::string Compare(Store& store, const Acknowledged& acknowledged) {
  const auto machines = ItemsIn(store, "SELECT id FROM machine");
  const auto settings = ItemsIn(store, "SELECT id FROM settings");
  const auto journal = ItemsIn(store, "SELECT CAST(entity_id AS INTEGER) FROM journal");
  const auto total = ItemsIn(store, "SELECT items FROM total");
  for (const auto* items : {&machines, &settings, &journal, &total}) {
    if (!items->ok()) return items->status().ToString();
  }
  for (const int64_t item : acknowledged.items) {
    if (machines->count(item) == 0) return absl::StrCat("acknowledged item ", item, " is lost");
  }
  if (*machines != *settings || *machines != *journal) return "a change is there by half";
  if (*total->begin() != static_cast<int64_t>(machines->size())) return "the total does not fit the items";
  for (const int64_t item : *machines) {
    if (item % 5 == 4) return absl::StrCat("item ", item, " is there, whose change failed");
  }
  if (store.revision() < acknowledged.revision) return "the revision went back";
  return "";
}

}  // namespace

StoreOptions WorkloadOptions(const std::string& path, const std::string& vfs, const std::string& synchronous) {
  StoreOptions options;
  options.path = path;
  options.vfs = vfs;
  options.synchronous = synchronous;
  options.migrations = {{"workload",
                         1,
                         {"CREATE TABLE machine (id INTEGER PRIMARY KEY, text TEXT)",
                          "CREATE TABLE settings (id INTEGER PRIMARY KEY, text TEXT)",
                          "CREATE TABLE total (items INTEGER)", "INSERT INTO total VALUES (0)"},
                         nullptr}};
  options.now = [] { return absl::FromUnixSeconds(1700000000); };
  options.trim_interval = absl::InfiniteDuration();
  options.checkpoint_pages = 24;
  return options;
}

Acknowledged RunWorkload(const StoreOptions& options) {
  Acknowledged acknowledged;
  auto store = Store::Open(options);
  if (!store.ok()) return acknowledged;
  for (int64_t item = 0; item < kWorkloadItems; ++item) {
    const auto revision =
        (*store)->Commit({[item](Transaction& transaction) { return WriteItem(transaction, item); }, nullptr});
    if (!revision.ok()) continue;
    acknowledged.items.push_back(item);
    acknowledged.revision = *revision;
  }
  return acknowledged;
}

std::string Verify(const StoreOptions& options, const Acknowledged& acknowledged) {
  auto store = Store::Open(options);
  if (!store.ok()) return absl::StrCat("it does not open: ", store.status().ToString());
  std::string wrong = Compare(**store, acknowledged);
  if (!wrong.empty()) return wrong;
  const auto again = (*store)->Commit(
      {[](Transaction& transaction) { return transaction.Execute("UPDATE total SET items = items"); }, nullptr});
  if (!again.ok()) return absl::StrCat("it takes no more changes: ", again.status().ToString());
  return "";
}

}  // namespace cimvisor::store::testing
