#include "service/security/operation.h"

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/security/audit_row.h"
#include "service/store/store.h"

namespace cimvisor::security {

absl::Status Operation::Record(store::Transaction& transaction) const {
  if (plan != nullptr) return absl::InternalError(absl::StrCat(name, " was only planned and is not committed"));
  RETURN_IF_ERROR(InsertAuditRow(transaction, *this, detail, "done"));
  if (request_id.empty()) return absl::OkStatus();
  return transaction.Execute(
      "INSERT INTO requests (caller, id, hash, outcome, revision, time) VALUES (?, ?, ?, ?, ?, ?)",
      {CallerText(caller), request_id, store::Blob{parameters_hash}, store::Blob{outcome}, transaction.revision(),
       absl::ToUnixMicros(transaction.time())});
}

}  // namespace cimvisor::security
