// Brings the schema of a database forward, each owner's steps once and in order.
#ifndef CIMVISOR_SERVICE_STORE_MIGRATE_H_
#define CIMVISOR_SERVICE_STORE_MIGRATE_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/store/connection.h"
#include "service/store/store.h"

namespace cimvisor::store {

// kFailedPrecondition when the file holds a database of another program. Changes nothing.
absl::Status RefuseForeign(Connection& connection);

// Marks an empty file as ours, refuses one that is newer (kFailedPrecondition), then runs what is missing
// of `migrations`, all in one transaction, so that a fault leaves the database as it was. `before_change` runs first
// when there is something to keep and something to do: it makes the backup, and its error stops the migration.
absl::Status Migrate(Connection& connection, const std::vector<Migration>& migrations, absl::Time now,
                     const std::function<absl::Status()>& before_change);

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_MIGRATE_H_
