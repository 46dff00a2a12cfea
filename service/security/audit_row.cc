#include "service/security/audit_row.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace cimvisor::security {
namespace {

std::string Shortened(absl::string_view text) {
  if (text.size() <= kMaximumAuditText) return std::string(text);
  size_t end = kMaximumAuditText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return absl::StrCat(text.substr(0, end), "…");
}

}  // namespace

absl::Status InsertAuditRow(store::Transaction& transaction, const Operation& operation, absl::string_view detail,
                            absl::string_view result) {
  return transaction.Execute(
      "INSERT INTO audit (revision, time, caller, operation, object, detail, result) VALUES (?, ?, ?, ?, ?, ?, ?)",
      {transaction.revision(), absl::ToUnixMicros(transaction.time()), Shortened(CallerText(operation.caller)),
       Shortened(operation.name), Shortened(operation.object), Shortened(detail), std::string(result)});
}

}  // namespace cimvisor::security
