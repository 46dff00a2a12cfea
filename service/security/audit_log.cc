#include "service/security/audit_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/cim/status_macros.h"
#include "service/security/audit_row.h"

namespace cimvisor::security {
namespace {

constexpr size_t kRowsOfRevision = 8;

constexpr char kColumns[] = "SELECT number, revision, time, caller, operation, object, detail, result FROM audit ";

AuditLogOptions WithClock(AuditLogOptions options) {
  if (!options.now) options.now = [] { return absl::Now(); };
  return options;
}

absl::StatusOr<AuditRecord> RecordFromRow(store::SqlRow& row) {
  int64_t* numbers[3];
  std::string* texts[5];
  for (size_t i = 0; i < 3; ++i) numbers[i] = std::get_if<int64_t>(&row[i]);
  for (size_t i = 0; i < 5; ++i) texts[i] = std::get_if<std::string>(&row[i + 3]);
  if (std::count(std::begin(numbers), std::end(numbers), nullptr) != 0 ||
      std::count(std::begin(texts), std::end(texts), nullptr) != 0) {
    return absl::DataLossError("a bad row in the table audit");
  }
  AuditRecord record;
  record.number = *numbers[0];
  record.revision = *numbers[1];
  record.time = absl::FromUnixMicros(*numbers[2]);
  record.caller = std::move(*texts[0]);
  record.operation = std::move(*texts[1]);
  record.object = std::move(*texts[2]);
  record.detail = std::move(*texts[3]);
  record.result = std::move(*texts[4]);
  return record;
}

absl::StatusOr<std::vector<AuditRecord>> Records(absl::StatusOr<std::vector<store::SqlRow>> rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<AuditRecord> records;
  records.reserve(rows->size());
  for (store::SqlRow& row : *rows) {
    ASSIGN_OR_RETURN(AuditRecord record, RecordFromRow(row));
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace

AuditLog::AuditLog(store::Store& store, AuditLogOptions options)
    : store_(store),
      options_(WithClock(std::move(options))),
      tokens_(options_.denial_burst),
      refilled_(options_.now()) {}

// A bucket of denial_burst that fills by denials_per_second. On success hands over the count of those left out.
bool AuditLog::TakeToken(int64_t* left_out) {
  const absl::Time now = options_.now();
  const absl::MutexLock lock(&mutex_);
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - refilled_));
  tokens_ = std::min(options_.denial_burst, tokens_ + seconds * options_.denials_per_second);
  refilled_ = now;
  if (tokens_ < 1) {
    ++left_out_;
    return false;
  }
  tokens_ -= 1;
  *left_out = std::exchange(left_out_, 0);
  return true;
}

absl::Status AuditLog::Denied(const Operation& operation, absl::string_view reason) {
  int64_t left_out = 0;
  if (!TakeToken(&left_out)) return absl::OkStatus();
  std::string detail(reason);
  if (left_out > 0) detail = absl::StrCat("(", left_out, " earlier denials were too many to note) ", reason);
  const auto revision = store_.Commit(
      {[&](store::Transaction& transaction) { return InsertAuditRow(transaction, operation, detail, "denied"); },
       nullptr});
  if (!revision.ok() && left_out > 0) {
    const absl::MutexLock lock(&mutex_);
    left_out_ += left_out;
  }
  return revision.status();
}

absl::StatusOr<std::vector<AuditRecord>> AuditLog::ReadAfter(int64_t after, size_t limit) {
  return Records(store_.Read(absl::StrCat(kColumns, "WHERE number > ? ORDER BY number LIMIT ?"),
                             {after, static_cast<int64_t>(limit)}));
}

// Numbers and revisions grow together, so the place is found by halving, without an index that every change would pay
// for.
absl::StatusOr<std::optional<AuditRecord>> AuditLog::FindChange(int64_t revision) {
  ASSIGN_OR_RETURN(const std::vector<AuditRecord> newest, ReadNewest(1));
  if (newest.empty() || newest[0].revision < revision) return std::optional<AuditRecord>();
  int64_t below = 0;  // every number up to here has a lower revision
  int64_t above = newest[0].number;
  while (above - below > 1) {
    const int64_t middle = below + (above - below) / 2;
    ASSIGN_OR_RETURN(const std::vector<AuditRecord> found, ReadAfter(middle - 1, 1));
    if (found.empty() || found[0].revision >= revision) {
      above = middle;
    } else {
      below = found[0].number;
    }
  }
  // Denials bear revisions too; a change has at most a few rows.
  ASSIGN_OR_RETURN(std::vector<AuditRecord> rows, ReadAfter(above - 1, kRowsOfRevision));
  for (AuditRecord& row : rows) {
    if (row.revision == revision && row.result == "done") return std::optional<AuditRecord>(std::move(row));
  }
  return std::optional<AuditRecord>();
}

absl::StatusOr<std::vector<AuditRecord>> AuditLog::ReadNewest(size_t limit) {
  return Records(store_.Read(absl::StrCat(kColumns, "ORDER BY number DESC LIMIT ?"), {static_cast<int64_t>(limit)}));
}

}  // namespace cimvisor::security
