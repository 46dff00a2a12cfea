#include "service/jobs/job_rows.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/jobs/job_codec.h"

namespace cimvisor::jobs {
namespace {

void Journal(store::Transaction& transaction, store::JournalEntry::Kind kind, const std::string& id,
             const JobChange& change) {
  store::JournalEntry entry;
  entry.kind = kind;
  entry.entity_kind = kJobEntityKind;
  entry.entity_id = id;
  entry.payload = EncodeJobChange(change);
  transaction.AppendJournal(std::move(entry));
}

absl::StatusOr<Job> DecodeRow(const store::SqlRow& row) {
  const auto* record = std::get_if<store::Blob>(&row[0]);
  if (record == nullptr) return absl::DataLossError("a bad row in the table jobs");
  return DecodeJob(record->bytes);
}

absl::StatusOr<Job> ReadJob(store::Transaction& transaction, const std::string& id) {
  ASSIGN_OR_RETURN(const std::vector<store::SqlRow> rows,
                   transaction.Select("SELECT record FROM jobs WHERE id = ?", {id}));
  if (rows.empty()) return absl::NotFoundError(absl::StrCat("there is no job ", id));
  return DecodeRow(rows[0]);
}

}  // namespace

absl::StatusOr<std::vector<Job>> LoadJobs(store::Store& store) {
  ASSIGN_OR_RETURN(const std::vector<store::SqlRow> rows, store.Read("SELECT record FROM jobs"));
  std::vector<Job> jobs;
  jobs.reserve(rows.size());
  for (const store::SqlRow& row : rows) {
    ASSIGN_OR_RETURN(Job job, DecodeRow(row));
    jobs.push_back(std::move(job));
  }
  return jobs;
}

absl::Status InsertJob(store::Transaction& transaction, const Job& job) {
  RETURN_IF_ERROR(transaction.Execute("INSERT INTO jobs (id, state, record) VALUES (?, ?, ?)",
                                      {job.id, static_cast<int64_t>(job.state), store::Blob{EncodeJob(job)}}));
  Journal(transaction, store::JournalEntry::Kind::kCreated, job.id, {std::nullopt, job});
  return absl::OkStatus();
}

absl::StatusOr<Job> UpdateJob(store::Transaction& transaction, const std::string& id,
                              absl::FunctionRef<void(Job&)> change) {
  ASSIGN_OR_RETURN(Job before, ReadJob(transaction, id));
  if (IsFinal(before.state)) {
    return absl::FailedPreconditionError(absl::StrCat("the job ", id, " (", before.name, ") has ended already"));
  }
  Job after = before;
  change(after);
  if (after == before) return after;
  RETURN_IF_ERROR(transaction.Execute("UPDATE jobs SET state = ?, record = ? WHERE id = ?",
                                      {static_cast<int64_t>(after.state), store::Blob{EncodeJob(after)}, id}));
  Journal(transaction, store::JournalEntry::Kind::kModified, id, {std::move(before), after});
  return after;
}

absl::Status DeleteJob(store::Transaction& transaction, const std::string& id) {
  ASSIGN_OR_RETURN(Job before, ReadJob(transaction, id));
  RETURN_IF_ERROR(transaction.Execute("DELETE FROM jobs WHERE id = ?", {id}));
  Journal(transaction, store::JournalEntry::Kind::kDeleted, id, {std::move(before), std::nullopt});
  return absl::OkStatus();
}

}  // namespace cimvisor::jobs
