#include "service/store/state.h"

#include <array>

#include "service/cim/status_macros.h"
#include "service/store/sqlite_error.h"

namespace cimvisor::store {

absl::StatusOr<StoreState> LoadState(Connection& connection) {
  ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      connection.Select(
          "SELECT instance_id, epoch, revision, journal_rows, journal_trimmed, journal_bytes FROM store_state"));
  if (rows.size() != 1) return DamagedError(connection.path(), "the table store_state has not exactly one row");
  const auto* instance_id = std::get_if<std::string>(&rows[0][0]);
  std::array<int64_t, 5> numbers;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto* number = std::get_if<int64_t>(&rows[0][i + 1]);
    if (number == nullptr || *number < 0) return DamagedError(connection.path(), "a bad number in store_state");
    numbers[i] = *number;
  }
  if (instance_id == nullptr || instance_id->empty()) {
    return DamagedError(connection.path(), "no instance id in store_state");
  }
  return StoreState{*instance_id, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
}

absl::Status SaveState(Connection& connection, const StoreState& state) {
  return connection.Execute(
      "UPDATE store_state SET instance_id = ?, epoch = ?, revision = ?, journal_rows = ?, journal_trimmed = ?, "
      "journal_bytes = ?",
      {state.instance_id, state.epoch, state.revision, state.journal_rows, state.journal_trimmed, state.journal_bytes});
}

}  // namespace cimvisor::store
