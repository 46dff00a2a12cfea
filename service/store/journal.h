// The journal's rows: what changed in the domain, by revision. See schema.h for the table.
#ifndef CIMVISOR_SERVICE_STORE_JOURNAL_H_
#define CIMVISOR_SERVICE_STORE_JOURNAL_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/store/connection.h"
#include "service/store/store.h"

namespace cimvisor::store {

inline constexpr int kSequenceShift = 16;
inline constexpr size_t kMaximumEntriesPerRevision = size_t{1} << kSequenceShift;

// What an entry counts for StoreOptions::journal_bytes.
int64_t JournalBytes(const JournalEntry& entry);

// Inside a transaction. kInvalidArgument for more entries than one change may have.
absl::Status InsertJournal(Connection& connection, const std::vector<JournalEntry>& entries);

// Whole revisions above `after` up to `last`, about `limit` entries; see Store::ReadJournal. Outside a transaction.
absl::StatusOr<std::vector<JournalEntry>> SelectJournal(Connection& connection, int64_t after, int64_t last,
                                                        size_t limit);

}  // namespace cimvisor::store

#endif  // CIMVISOR_SERVICE_STORE_JOURNAL_H_
