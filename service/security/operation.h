// One changing call on its way from the front end to the transaction that carries it out.
//
// The broker makes it, the provider sets the outcome before it commits, and whoever commits calls Record() inside the
// transaction of the change, so that the effect, the audit row and the request row (id, hash of the parameters,
// outcome) are one commit.
#ifndef CIMVISOR_SERVICE_SECURITY_OPERATION_H_
#define CIMVISOR_SERVICE_SECURITY_OPERATION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/security/caller.h"
#include "service/security/change_plan.h"

namespace cimvisor::store {
class Transaction;
}  // namespace cimvisor::store

namespace cimvisor::security {

inline constexpr size_t kMaximumAuditText = 2048;

struct Operation {
  Caller caller;
  std::string name;             // "Msvm_VirtualSystemManagementService.DefineSystem", "ModifyInstance"
  std::string object;           // the path that it was called on
  std::string detail;           // the parameters in short, for the audit
  std::string request_id;       // empty: none
  std::string parameters_hash;  // SHA-256 of everything that makes the request what it is
  int64_t expected_revision = 0;
  absl::Time deadline = absl::InfiniteFuture();
  // Set: a dry run. Whoever would make the change checks everything, fills the plan, and changes nothing.
  ChangePlan* plan = nullptr;

  // What a repeated call with the same request id gets back. Opaque here; the broker reads it.
  std::string outcome;

  // Writes the audit row ("done") and, when there is a request id, the request row. Call once, inside the transaction.
  // The object and detail of the audit are shortened to kMaximumAuditText bytes. A dry run is refused (kInternal), so
  // that not even a provider that overlooks the plan commits one.
  absl::Status Record(store::Transaction& transaction) const;
};

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_OPERATION_H_
