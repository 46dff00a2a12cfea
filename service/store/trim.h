// Keeps the logs (journal, requests, audit) within their age and number of rows.
#ifndef CIMVISOR_SERVICE_STORE_TRIM_H_
#define CIMVISOR_SERVICE_STORE_TRIM_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/store/connection.h"
#include "service/store/state.h"
#include "service/store/store.h"

namespace cimvisor::store {

// One transaction that removes at most about a thousand rows of each log, oldest first, the journal by whole revisions;
// `state` follows when it commits. True: there is more to remove.
absl::StatusOr<bool> TrimStep(Connection& connection, const StoreOptions& options, absl::Time now, StoreState& state);

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_TRIM_H_
