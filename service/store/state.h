// The store's own single row: who the database is and how far it has come.
#ifndef CIMVISOR_SERVICE_STORE_STATE_H_
#define CIMVISOR_SERVICE_STORE_STATE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/store/connection.h"

namespace cimvisor::store {

struct StoreState {
  std::string instance_id;      // GUID
  int64_t epoch = 0;            // grows at each open
  int64_t revision = 0;         // of the last change
  int64_t journal_rows = 0;     // so that nobody has to count them
  int64_t journal_trimmed = 0;  // the last revision whose entries were trimmed; 0: none was
  int64_t journal_bytes = 0;    // of the entries' payloads and names
};

absl::StatusOr<StoreState> LoadState(Connection& connection);
absl::Status SaveState(Connection& connection, const StoreState& state);

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_STATE_H_
