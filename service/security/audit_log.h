// The audit trail: who did what to which object, and what was denied.
//
// Rows of changes are written by Operation::Record in their own transaction; this writes the denials and reads all.
#ifndef CIMVISOR_SERVICE_SECURITY_AUDIT_LOG_H_
#define CIMVISOR_SERVICE_SECURITY_AUDIT_LOG_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/security/operation.h"
#include "service/store/store.h"

namespace cimvisor::security {

// One row, behind Cimvisor_AuditRecord.
struct AuditRecord {
  int64_t number = 0;    // grows; unique for the life of the database
  int64_t revision = 0;  // of the change
  absl::Time time;
  std::string caller;     // CallerText
  std::string operation;  // Operation::name
  std::string object;
  std::string detail;
  std::string result;  // "done" or "denied"
};

struct AuditLogOptions {
  std::function<absl::Time()> now = nullptr;  // empty: absl::Now
  double denials_per_second = 10;             // sustained; what goes beyond is counted in the next row
  double denial_burst = 100;
};

// Thread-safe. `store` must outlive it.
class AuditLog {
 public:
  explicit AuditLog(store::Store& store, AuditLogOptions options = {});

  // Writes a row "denied" and waits for its commit; `reason` goes to its detail. A flood beyond the rate only counts
  // (OK is returned), and the next row says how many were left out; the store keeps a bounded number of denials
  // (StoreOptions::denial_rows).
  absl::Status Denied(const Operation& operation, absl::string_view reason);

  // Rows with a number above `after`, oldest first, at most `limit`.
  absl::StatusOr<std::vector<AuditRecord>> ReadAfter(int64_t after, size_t limit);
  // The row of the change that made `revision`; nothing when no caller made it, or when it has been trimmed.
  absl::StatusOr<std::optional<AuditRecord>> FindChange(int64_t revision);
  // The newest rows, newest first.
  absl::StatusOr<std::vector<AuditRecord>> ReadNewest(size_t limit);

 private:
  bool TakeToken(int64_t* left_out);

  store::Store& store_;
  const AuditLogOptions options_;
  absl::Mutex mutex_;
  double tokens_ ABSL_GUARDED_BY(mutex_);
  absl::Time refilled_ ABSL_GUARDED_BY(mutex_);
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_AUDIT_LOG_H_
