#include "providers/virtualization_v2/audit_record.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "providers/schema/msvm_v2/cimvisor.h"
#include "providers/virtualization_v2/object_paths.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/security/audit_log.h"

namespace cimvisor::views {
namespace {

using Record = msvm::v2::CimvisorAuditRecord;

constexpr absl::string_view kInstanceIdPrefix = "Cimvisor:Audit\\";

InstancePointer Render(const ViewContext& context, const security::AuditRecord& row) {
  Record record(context.classes.audit_record);
  record.set_instance_id(absl::StrCat(kInstanceIdPrefix, row.number));
  record.set_id(static_cast<uint64_t>(row.number));
  record.set_time(cim::DateTime::FromTime(row.time));
  record.set_caller(row.caller);
  record.set_operation(row.operation);
  record.set_object(row.object);
  record.set_outcome(row.result);
  record.set_detail(row.detail);
  return std::move(record).Take();
}

// The number of the row that `text` names; nothing when it is no InstanceID of a row.
std::optional<int64_t> NumberOf(absl::string_view text) {
  int64_t number = 0;
  if (!absl::StartsWithIgnoreCase(text, kInstanceIdPrefix)) return std::nullopt;
  if (!absl::SimpleAtoi(text.substr(kInstanceIdPrefix.size()), &number) || number < 1) return std::nullopt;
  return number;
}

}  // namespace

absl::Status AuditRecordProvider::Enumerate(const broker::ReadContext&, const broker::EnumerateRequest&,
                                            broker::InstanceSink sink) {
  ASSIGN_OR_RETURN(const std::vector<security::AuditRecord> rows,
                   context_.dependencies.audit_log->ReadNewest(kMaximumAuditRows));
  for (const security::AuditRecord& row : rows) {
    if (!sink(Render(context_, row))) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<InstancePointer> AuditRecordProvider::Get(const broker::ReadContext&, const ClassPointer& cls,
                                                         const cim::ObjectPath& path, const cim::PropertySet&) {
  const std::optional<std::string> text = TextKey(path, *cls, Record::kInstanceIDSlot);
  const std::optional<int64_t> number = text.has_value() ? NumberOf(*text) : std::nullopt;
  if (number.has_value()) {
    ASSIGN_OR_RETURN(const std::vector<security::AuditRecord> rows,
                     context_.dependencies.audit_log->ReadAfter(*number - 1, 1));
    if (!rows.empty() && rows.front().number == *number) return Render(context_, rows.front());
  }
  return cim::CimError(cim::CimStatus::kNotFound, absl::StrCat("there is no ", cls->name(), " ", path.RelativeText(),
                                                               ": old rows are removed in time"));
}

}  // namespace cimvisor::views
