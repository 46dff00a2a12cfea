// The store's own tables, as its migrations (owner "store"), and what marks a file as ours.
#ifndef CIMVISOR_SERVICE_STORE_SCHEMA_H_
#define CIMVISOR_SERVICE_STORE_SCHEMA_H_

#include <cstdint>
#include <vector>

#include "service/store/store.h"

namespace cimvisor::store {

inline constexpr char kStoreOwner[] = "store";
inline constexpr int64_t kApplicationId = 0x43494D56;  // PRAGMA application_id, "CIMV"

// journal   sequence = revision << 16 | place within the revision; time in microseconds since 1970
// requests  one row for each changing call with a request id; written by security::Operation::Record
// audit     result 'done' or 'denied'; written by security
// jobs      record is a jobs::JobRecord; written by jobs
std::vector<Migration> StoreMigrations();

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_SCHEMA_H_
