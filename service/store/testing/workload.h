// A recorded workload on a store, and what must be true of the database after it was interrupted at any point.
#ifndef CIMVISOR_SERVICE_STORE_TESTING_WORKLOAD_H_
#define CIMVISOR_SERVICE_STORE_TESTING_WORKLOAD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "service/store/store.h"

namespace cimvisor::store::testing {

// Options that make every run do the same writes and syncs, with checkpoints in between.
StoreOptions WorkloadOptions(const std::string& path, const std::string& vfs, const std::string& synchronous);

// What the callers were told.
struct Acknowledged {
  std::vector<int64_t> items;  // whose change was acknowledged
  int64_t revision = 0;        // the highest
};

inline constexpr int kWorkloadItems = 24;

// Opens the store and makes one change for each item, one after the other, going on after failures: two tables, a
// journal entry and an update of a common row. Every fifth change fails on purpose after it has written. Stops when the
// store cannot be opened.
Acknowledged RunWorkload(const StoreOptions& options);

// Opens the store again and compares. Empty when the database opens, everything acknowledged is there once and whole,
// and nothing is there by half; else what is wrong.
std::string Verify(const StoreOptions& options, const Acknowledged& acknowledged);

}  // namespace cimvisor::store::testing

#endif  // CIMVISOR_SERVICE_STORE_TESTING_WORKLOAD_H_
