// The one place that writes a row of the audit table (service/store/schema.h).
#ifndef CIMVISOR_SERVICE_SECURITY_AUDIT_ROW_H_
#define CIMVISOR_SERVICE_SECURITY_AUDIT_ROW_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/security/operation.h"
#include "service/store/store.h"

namespace cimvisor::security {

// `result` is "done" or "denied". Texts are shortened to kMaximumAuditText bytes, at a whole UTF-8 character.
absl::Status InsertAuditRow(store::Transaction& transaction, const Operation& operation, absl::string_view detail,
                            absl::string_view result);

}  // namespace cimvisor::security

#endif  // CIMVISOR_SERVICE_SECURITY_AUDIT_ROW_H_
