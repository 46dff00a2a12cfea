// Optimistic concurrency, told to a person: what changed since the revision that a caller had read, and who changed it.
#ifndef CIMVISOR_SERVICE_BROKER_CONFLICT_REPORT_H_
#define CIMVISOR_SERVICE_BROKER_CONFLICT_REPORT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/broker/dependencies.h"
#include "service/security/caller.h"

namespace cimvisor::broker {

// A status that carries a security::Conflict, with the changes of the object added to its message: revision, time,
// caller and operation from the audit trail, and the properties as `name_space` has them, from the journal. Changes
// that the journal has lost, or that are too many, are left out. Any other status comes back as it is.
absl::Status ReportConflict(const BrokerDependencies& dependencies, const security::Caller& caller,
                            absl::string_view name_space, const absl::Status& status);

}  // namespace cimvisor::broker

#endif  // CIMVISOR_SERVICE_BROKER_CONFLICT_REPORT_H_
